//! Where the benchmarks happen: a directory that goes away, repositories made by `git fast-import`,
//! and the one place that starts processes.

use allclear_core::CommitId;
use std::fmt::Write;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// The directory of one run, with a home and caches of its own.
pub(crate) struct Lab {
    top: tempfile::TempDir,
}

/// How one process ended.
pub(crate) struct Ran {
    /// From its start to its end.
    pub(crate) wall: Duration,
    /// User and system time of it and all its children.
    pub(crate) cpu: Duration,
    /// The most memory it had at once, in KiB, without its children; 0 where it was over too soon.
    pub(crate) peak: u64,
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Gives its output, or ends the run: a world that cannot be made measures nothing.
    pub(crate) fn expect(self, what: &str) -> String {
        assert!(self.ok, "{what} failed:\n{}{}", self.out, self.err);
        self.out
    }
}

impl Lab {
    pub(crate) fn new() -> Self {
        let top = tempfile::Builder::new()
            .prefix("bench-")
            .tempdir_in(env!("CARGO_TARGET_TMPDIR"))
            .expect("the target directory can be written");
        let lab = Self { top };
        std::fs::create_dir(lab.at("home")).expect("the directory is new");
        std::fs::write(
            lab.at("home/.gitconfig"),
            "[user]\nname = Mira\nemail = mira@example.org\n[init]\ndefaultBranch = master\n",
        )
        .expect("the directory is ours");
        lab
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.top.path().join(name)
    }

    /// Prepares a program. It sees this lab's home, and caches below `cache`.
    #[allow(clippy::disallowed_methods, reason = "the one place of the benchmarks that starts processes")]
    fn command(&self, program: &str, args: &[&str], dir: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .args(args)
            .current_dir(dir)
            .env("HOME", self.at("home"))
            .env("XDG_CACHE_HOME", self.at("cache"));
        command
            .env("GIT_MERGE_AUTOEDIT", "no")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("LC_ALL", "C")
            .env_remove("CI");
        command
    }

    /// Runs a program to its end.
    pub(crate) fn run(&self, program: &str, args: &[&str], dir: &Path) -> Ran {
        finish(self.command(program, args, dir), b"")
    }

    /// Runs a program with more in its environment.
    pub(crate) fn run_with(&self, program: &str, args: &[&str], dir: &Path, env: &[(&str, &str)]) -> Ran {
        let mut command = self.command(program, args, dir);
        command.envs(env.iter().copied());
        finish(command, b"")
    }

    /// Runs git, which has to succeed, and gives its output.
    pub(crate) fn git(&self, dir: &Path, args: &[&str]) -> String {
        self.run("git", args, dir).expect(&format!("git {}", args.join(" "))).trim().to_owned()
    }

    /// Runs allclear in a clone.
    pub(crate) fn allclear(&self, dir: &Path, args: &[&str]) -> Ran {
        self.run(env!("CARGO_BIN_EXE_allclear"), args, dir)
    }

    /// Runs allclear with `path` first on the PATH.
    pub(crate) fn allclear_by(&self, path: &Path, dir: &Path, args: &[&str]) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_allclear"), args, dir);
        command.env("PATH", format!("{}:/usr/local/bin:/usr/bin:/bin", path.display()));
        finish(command, b"")
    }

    /// Feeds `git fast-import`.
    pub(crate) fn import(&self, server: &Path, stream: &str) {
        let command = self.command("git", &["fast-import", "--quiet"], server);
        finish(command, stream.as_bytes()).expect("git fast-import");
    }

    /// Makes an empty server.
    pub(crate) fn server(&self, name: &str) -> PathBuf {
        let dir = self.at(name);
        self.git(self.top.path(), &["init", "-q", "--bare", &dir.display().to_string()]);
        dir
    }

    /// Makes a clone with nothing checked out.
    pub(crate) fn clone(&self, server: &Path, name: &str, how: &[&str]) -> PathBuf {
        let dir = self.at(name);
        let (from, to) = (server.display().to_string(), dir.display().to_string());
        self.git(self.top.path(), &[&["clone", "-q"], how, &["--", &from, &to]].concat());
        dir
    }

    /// Waits until status says that the only candidate is clear.
    pub(crate) fn until_clear(&self, clone: &Path) {
        for _ in 0..50 {
            let status = self.allclear(clone, &["status", "--json"]);
            if status.ok && status.out.contains("\"state\": \"clear\"")
                || status.out.contains("\"state\":\"clear\"")
            {
                return;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        panic!("it does not become clear:\n{}", self.allclear(clone, &["status"]).out);
    }
}

/// Feeds a process, hears it out, and watches its memory.
fn finish(mut command: Command, input: &[u8]) -> Ran {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let (before, start) = (children(), Instant::now());
    let mut child = command.spawn().expect("the program is installed");
    let (input_pipe, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let ((ok, peak, wall), out, err) = std::thread::scope(|scope| {
        // A process that ends early closes its input; what it says tells why.
        scope.spawn(move || input_pipe.map(|mut pipe| pipe.write_all(input)));
        let out =
            scope.spawn(move || out.map(std::io::read_to_string).and_then(Result::ok).unwrap_or_default());
        let err =
            scope.spawn(move || err.map(std::io::read_to_string).and_then(Result::ok).unwrap_or_default());
        (watched(&mut child, start), out.join().unwrap_or_default(), err.join().unwrap_or_default())
    });
    Ran { wall, cpu: children().saturating_sub(before), peak, ok, out, err }
}

/// Waits for a process: whether it succeeded, its peak memory in KiB, and how long it took.
fn watched(child: &mut Child, start: Instant) -> (bool, u64, Duration) {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        let status = std::fs::read_to_string(&path).unwrap_or_default();
        let seen =
            status.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().split(' ').next()?.parse().ok());
        peak = peak.max(seen.unwrap_or(0));
        match child.try_wait() {
            Ok(None) => std::thread::sleep(Duration::from_micros(500)),
            Ok(Some(status)) => return (status.success(), peak, start.elapsed()),
            Err(_) => return (false, peak, start.elapsed()),
        }
    }
}

/// Gives the user and system time of all children that are over, from `/proc/self/stat` (hundredths
/// of a second; the name in it may have spaces, the fields after it have none).
fn children() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<u64> =
        stat.rsplit(") ").next().unwrap_or_default().split(' ').map(|f| f.parse().unwrap_or(0)).collect();
    Duration::from_millis(fields.get(13..15).map_or(0, |f| f.iter().sum::<u64>()) * 10)
}

/// A stream for `git fast-import`.
#[derive(Default)]
pub(crate) struct Stream {
    text: String,
    clock: u64,
}

impl Stream {
    /// Adds a commit to a branch; `from` starts it anew or goes on from what the server has.
    pub(crate) fn commit(
        &mut self,
        branch: &str,
        from: Option<&str>,
        message: &str,
        files: &[(String, String)],
    ) {
        self.clock += 60;
        let at = 1_700_000_000 + self.clock;
        let from = from.map(|f| format!("from {f}\n")).unwrap_or_default();
        self.add(format_args!(
            "commit {branch}\ncommitter Mira <mira@example.org> {at} +0000\ndata {}\n{message}\n{from}",
            message.len()
        ));
        for (path, text) in files {
            self.add(format_args!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()));
        }
    }

    /// Adds an annotated tag.
    pub(crate) fn tag(&mut self, name: &str, at: &str) {
        self.add(format_args!(
            "tag {name}\nfrom {at}\ntagger Mira <mira@example.org> 1700000000 +0000\ndata {}\n{name}\n",
            name.len()
        ));
    }

    fn add(&mut self, text: std::fmt::Arguments<'_>) {
        self.text.write_fmt(text).expect("a string takes everything");
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// The policy of every repository here: a soak of a second, and nothing else to wait for.
pub(crate) const POLICY: &str = "preset = \"library@1\"\nmode = \"run\"\n\n[train]\nevery = \"2 weeks\"\nanchor = \"2026-11-03 10:00\"\nwhen-busy = \"overlap\"\n\n[candidate]\nsettle = \"0s\"\n\n[gates.soak]\nfor = \"1s\"\nafter-fix = \"1s\"\n";

pub(crate) fn file(n: usize) -> String {
    format!("d{:03}/s{}/f{:02}.txt", n / 100, n / 10 % 10, n % 100)
}

fn text(n: usize, version: usize) -> String {
    let mut text = String::new();
    for line in 0..20 {
        writeln!(
            text,
            "line {line} of file {n}{}",
            if line == 7 { format!(" in version {version}") } else { String::new() }
        )
        .expect("a string takes everything");
    }
    text
}

/// Makes a change to one file.
pub(crate) fn change(n: usize, version: usize) -> Vec<(String, String)> {
    vec![(file(n), text(n, version))]
}

/// The size of a project.
#[derive(Clone, Copy)]
pub(crate) struct Size {
    pub(crate) files: usize,
    pub(crate) commits: usize,
    /// Commits of those that master and the last release lack.
    pub(crate) ahead: usize,
    /// Releases below 1.0.0, annotated.
    pub(crate) tags: usize,
}

/// Fills a server: master released as v1.0.0, develop ahead of it with the policy at its tip.
pub(crate) fn project(lab: &Lab, server: &Path, size: Size) {
    let mut stream = Stream::default();
    let master = "refs/heads/master";
    let all: Vec<(String, String)> = (0..size.files).flat_map(|n| change(n, 0)).collect();
    stream.commit(master, None, "feat: begin", &all);
    let tags_each = size.tags.div_ceil(size.commits - size.ahead);
    let mut tags = 0..size.tags;
    for n in 1..size.commits - size.ahead {
        stream.commit(
            master,
            None,
            &format!("fix: change {n}\n\nIt was wrong in one place."),
            &change(n * 7919 % size.files, n),
        );
        for tag in tags.by_ref().take(tags_each) {
            stream.tag(&format!("v0.{}.{}", tag / 100, tag % 100), master);
        }
    }
    for tag in tags {
        stream.tag(&format!("v0.{}.{}", tag / 100, tag % 100), master);
    }
    stream.tag("v1.0.0", master);
    let develop = "refs/heads/develop";
    for n in 0..size.ahead {
        stream.commit(
            develop,
            (n == 0).then_some(master),
            &format!("feat: add {n}"),
            &change(n * 31 % size.files, size.commits + n),
        );
    }
    let policy = [("allclear.toml".to_owned(), POLICY.to_owned())];
    stream.commit(develop, (size.ahead == 0).then_some(master), "feat: release by train", &policy);
    lab.import(server, stream.text());
    lab.git(server, &["pack-refs", "--all"]);
}

/// Adds commits to a branch of the server, a file each.
pub(crate) fn push(lab: &Lab, server: &Path, branch: &str, kind: &str, files: &[usize]) -> CommitId {
    let name = format!("refs/heads/{branch}");
    let mut stream = Stream { clock: 90_000_000, ..Stream::default() };
    for (n, file) in files.iter().enumerate() {
        let from = format!("{name}^0");
        stream.commit(
            &name,
            (n == 0).then_some(from.as_str()),
            &format!("{kind}: change file {file}"),
            &change(*file, 1_000_000 + n),
        );
    }
    lab.import(server, stream.text());
    CommitId::parse(&lab.git(server, &["rev-parse", &name])).expect("git prints whole ids")
}
