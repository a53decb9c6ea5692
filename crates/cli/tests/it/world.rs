//! A machine of one's own for each test: a home, a cache, a git server and clones, gone afterwards.

use allclear_testkit::write_script;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// When a test that waits for a soak, a server or a child gives up. It is long, since a busy machine is no fault.
pub(crate) const PATIENCE: Duration = Duration::from_mins(5);
const PAUSE: Duration = Duration::from_millis(100);

/// A train that is quick and goes by hand.
pub(crate) const QUICK: &str = "\
[project]
name = \"lib\"
[candidate]
settle = \"1s\"
[gates.soak]
for = \"0s\"
after-fix = \"0s\"
[promotion]
automatic = false
";

/// One machine with one server.
pub(crate) struct World {
    dir: TempDir,
    env: Vec<(String, String)>,
}

/// What a command left behind.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Run {
    /// Takes in what a command left.
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("only UTF-8 is printed");
        Self {
            code: output.status.code().unwrap_or(-1),
            out: text(&output.stdout),
            err: text(&output.stderr),
        }
    }

    /// Fails unless the command ended with `code`.
    #[track_caller]
    pub(crate) fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "standard output:\n{}\nstandard error:\n{}", self.out, self.err);
        self
    }

    /// Fails unless standard output has `text` in it.
    #[track_caller]
    pub(crate) fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "no {text:?} in standard output:\n{}\n{}", self.out, self.err);
        self
    }

    /// Fails unless standard error has `text` in it.
    #[track_caller]
    pub(crate) fn talks(self, text: &str) -> Self {
        assert!(self.err.contains(text), "no {text:?} in standard error:\n{}\n{}", self.err, self.out);
        self
    }

    /// Reads standard output as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e} in {:?}, {}", self.out, self.err))
    }

    /// Fails where anything could steer a terminal.
    #[track_caller]
    pub(crate) fn plainly(self) -> Self {
        let odd = |c: char| (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}');
        assert!(!self.out.contains(odd), "{:?}", self.out);
        assert!(!self.err.contains(odd), "{:?}", self.err);
        self
    }
}

/// Tries again and again until something is so, and gives it. The CLI has the real clock, and servers are processes of
/// their own: nothing tells when they are ready.
#[track_caller]
pub(crate) fn until<T>(what: impl Fn() -> Result<T, String>) -> T {
    let start = Instant::now();
    loop {
        match what() {
            Ok(found) => return found,
            Err(why) => assert!(start.elapsed() < PATIENCE, "{why}"),
        }
        std::thread::sleep(PAUSE);
    }
}

impl World {
    /// Makes a machine without any repository.
    pub(crate) fn bare() -> Self {
        let dir = tempfile::tempdir().unwrap();
        for name in ["home", "cache", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        let world = Self { dir, env: Vec::new() };
        let config = "[user]\n\tname = Mira\n\temail = mira@example.org\n[init]\n\tdefaultBranch = master\n\
                      [advice]\n\tdetachedHead = false\n";
        std::fs::write(world.path("home/.gitconfig"), config).unwrap();
        world
    }

    /// Makes a quick train whose candidate 1.1.0 is cut and clear.
    pub(crate) fn clear() -> Self {
        let world = Self::new(QUICK);
        world.allclear(&["cut", "--yes"]).code(0);
        world.until("clear");
        world
    }

    /// Makes a machine and a server with `master` at v1.0.0, and `develop` one feature ahead of it, with a
    /// policy where `policy` has any text. The clone is at `clone`.
    pub(crate) fn new(policy: &str) -> Self {
        let world = Self::bare();
        world.git(".", &["init", "-q", "--bare", "--template=", "server.git"]);
        world.write("history", &history(policy));
        let history = std::fs::File::open(world.path("history")).unwrap();
        let import =
            world.command("git", "server.git").args(["fast-import", "--quiet"]).stdin(history).status();
        assert!(import.unwrap().success());
        world.git(".", &["clone", "-q", "--template=", "-b", "develop", "server.git", "clone"]);
        world.git("clone", &["branch", "-q", "master", "origin/master"]);
        world
    }

    /// Makes a machine whose repository names its objects by SHA-256, with one feature on `master` and the policy
    /// `QUICK` on `develop`.
    pub(crate) fn of_sha_256() -> Self {
        let world = Self::bare();
        world.git(".", &["init", "-q", "--bare", "--object-format=sha256", "server.git"]);
        world.git(".", &["init", "-q", "--object-format=sha256", "clone"]);
        world.git("clone", &["remote", "add", "origin", "../server.git"]);
        world.write("clone/lib.txt", "one\n");
        world.commit("clone", "feat: begin");
        world.git("clone", &["push", "-q", "origin", "HEAD:master"]);
        world.write("clone/allclear.toml", QUICK);
        world.commit("clone", "chore: release with allclear");
        world.git("clone", &["push", "-q", "origin", "HEAD:develop"]);
        world
    }

    /// Adds a variable to the environment of all that is started.
    pub(crate) fn with_env(mut self, key: &str, value: &str) -> Self {
        self.env.push((key.to_owned(), value.to_owned()));
        self
    }

    /// Gives a path on this machine.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Gives the server's directory.
    pub(crate) fn server(&self) -> PathBuf {
        self.path("server.git")
    }

    /// Starts a program with nothing of the environment but what is this machine's.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>, dir: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.path(dir)).stdin(Stdio::null());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path("home")).env("XDG_CACHE_HOME", self.path("cache"));
        command.env("TMPDIR", self.path("tmp")).env("NO_COLOR", "1").env("TZ", "UTC");
        command.env("GIT_CONFIG_NOSYSTEM", "1");
        command.envs(self.env.iter().map(|(k, v)| (k, v)));
        command
    }

    /// Runs git, which must succeed, and gives what it printed.
    #[track_caller]
    pub(crate) fn git(&self, dir: &str, args: &[&str]) -> String {
        let output = self.command("git", dir).args(args).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "git {args:?} in {dir}: {said}");
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// Runs allclear.
    #[track_caller]
    pub(crate) fn run(&self, dir: &str, args: &[&str]) -> Run {
        Run::of(&self.command(env!("CARGO_BIN_EXE_allclear"), dir).args(args).output().unwrap())
    }

    /// Runs allclear in the usual clone.
    #[track_caller]
    pub(crate) fn allclear(&self, args: &[&str]) -> Run {
        self.run("clone", args)
    }

    /// Runs allclear in the usual clone with something on standard input.
    pub(crate) fn allclear_with(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(env!("CARGO_BIN_EXE_allclear"), "clone");
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Run::of(&child.wait_with_output().unwrap())
    }

    /// Gives the status as JSON.
    #[track_caller]
    pub(crate) fn status(&self) -> Value {
        self.allclear(&["status", "--json"]).json()
    }

    /// Waits until the first candidate is in `state`.
    #[track_caller]
    pub(crate) fn until(&self, state: &str) -> Value {
        self.until_in("clone", state)
    }

    /// Waits until the first candidate is in `state`, as seen from `dir`.
    #[track_caller]
    pub(crate) fn until_in(&self, dir: &str, state: &str) -> Value {
        until(|| {
            let seen = self.run(dir, &["status", "--json"]).json();
            if seen["candidates"][0]["state"] == state {
                Ok(seen)
            } else {
                Err(format!("not {state}: {seen:#}"))
            }
        })
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    /// Commits everything in a clone, and gives the commit.
    pub(crate) fn commit(&self, dir: &str, message: &str) -> String {
        self.git(dir, &["add", "-A"]);
        self.git(dir, &["commit", "-q", "--allow-empty", "-m", message]);
        self.git(dir, &["rev-parse", "HEAD"])
    }

    /// Puts a commit on a branch of the server, by way of a clone of its own, and gives it.
    pub(crate) fn push(&self, branch: &str, file: &str, text: &str, message: &str) -> String {
        if !self.path("other").exists() {
            self.git(".", &["clone", "-q", "server.git", "other"]);
        }
        self.git("other", &["fetch", "-q", "origin"]);
        self.git("other", &["checkout", "-q", "-B", "work", &format!("origin/{branch}")]);
        self.write(&format!("other/{file}"), text);
        let commit = self.commit("other", message);
        self.git("other", &["push", "-q", "origin", &format!("HEAD:refs/heads/{branch}")]);
        commit
    }

    /// Gives the server's refs.
    pub(crate) fn refs(&self) -> BTreeMap<String, String> {
        let text = self.git("server.git", &["for-each-ref", "--format=%(refname) %(objectname)"]);
        text.lines().filter_map(|l| l.split_once(' ')).map(|(n, id)| (n.to_owned(), id.to_owned())).collect()
    }

    /// Gives a commit of the server.
    #[track_caller]
    pub(crate) fn at(&self, name: &str) -> String {
        self.git("server.git", &["rev-parse", &format!("{name}^{{commit}}")])
    }

    /// Gives every file below a directory with its bytes.
    pub(crate) fn files(&self, name: &str) -> BTreeMap<PathBuf, Vec<u8>> {
        let mut files = BTreeMap::new();
        collect(&self.path(name), &mut files);
        files
    }

    /// Writes a shell script that can be run.
    pub(crate) fn script(&self, name: &str, script: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_script(&path, &format!("#!/bin/sh\n{script}\n"));
    }

    /// Puts a hook on the server.
    pub(crate) fn hook(&self, name: &str, script: &str) {
        self.script(&format!("server.git/hooks/{name}"), script);
    }
}

/// Writes the server's history as `git fast-import` reads it.
fn history(policy: &str) -> String {
    let who = "Mira <mira@example.org> 1767225600 +0000";
    let data = |text: &str| format!("data {}\n{text}\n", text.len());
    let file = |name: &str, text: &str| format!("M 644 inline {name}\n{}", data(text));
    let commit = |branch: &str, from: &str, message: &str, file: String| {
        format!("commit refs/heads/{branch}\ncommitter {who}\n{}{from}{file}\n", data(message))
    };
    let mut text = commit("master", "", "feat: begin", file("lib.txt", "one\n"));
    text.push_str(&format!("tag v1.0.0\nfrom refs/heads/master\ntagger {who}\n{}", data("v1.0.0")));
    let mut from = "from refs/heads/master\n";
    if !policy.is_empty() {
        let policy = file("allclear.toml", policy);
        text.push_str(&commit("develop", from, "chore: release with allclear", policy));
        from = "";
    }
    text.push_str(&commit("develop", from, "feat: something new", file("feature.txt", "new\n")));
    text
}

fn collect(dir: &Path, files: &mut BTreeMap<PathBuf, Vec<u8>>) {
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.insert(path.clone(), Vec::new());
            collect(&path, files);
        } else {
            let bytes = std::fs::read(&path).unwrap();
            files.insert(path, bytes);
        }
    }
}
