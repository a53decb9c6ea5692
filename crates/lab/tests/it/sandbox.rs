//! Foreign code is contained, ends as it is said, and leaves nothing behind.

use allclear_core::duration::Seconds;
use allclear_core::lab::{Limits, Must, Service};
use allclear_lab::{Cell, Ended, How, Sandbox, Task};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::time::{Duration, Instant};

/// A server that answers each connection with a status.
const SERVER: &str = r#"perl -MIO::Socket::INET -e '
    $s = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => $ARGV[0], Listen => 5, ReuseAddr => 1) or die $!;
    $| = 1; print "listening\n";
    while ($c = $s->accept) { <$c>; print $c "HTTP/1.1 $ARGV[1] x\r\n\r\nhello\n"; close $c }'"#;

/// Asks a server, and prints what it says.
const CLIENT: &str = r#"perl -MIO::Socket::INET -e '
    $c = IO::Socket::INET->new(PeerAddr => $ARGV[0], Timeout => 2) or die "no way to $ARGV[0]: $!\n";
    print $c "GET / HTTP/1.1\r\n\r\n"; print <$c>'"#;

static SANDBOX: LazyLock<Option<Sandbox>> = LazyLock::new(|| match Sandbox::find(helper()) {
    Ok(sandbox) => Some(sandbox),
    Err(why) if std::env::var_os("CI").is_some_and(|ci| ci == "true") => panic!("{why}"),
    Err(why) => {
        eprintln!("SKIPPED: {why}");
        None
    }
});

fn helper() -> Vec<std::ffi::OsString> {
    vec![env!("CARGO_BIN_EXE_inside").into()]
}

/// A directory for one test, and what is run in it.
struct Bench {
    dir: tempfile::TempDir,
    cell: Cell,
    services: Vec<Service>,
}

impl Bench {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        let limits = Limits { time: Seconds(10), memory: 256, processes: 64, disk: 64, output: 4, cpus: 2 };
        let cell = Cell {
            reads: Vec::new(),
            writes: vec![(work, "/work".into())],
            env: BTreeMap::new(),
            dir: "/work".into(),
            network: false,
            limits,
            log: dir.path().join("log"),
        };
        Self { dir, cell, services: Vec::new() }
    }

    fn service(mut self, run: &str, port: Option<u16>) -> Self {
        self.services.push(Service { run: run.to_owned(), port });
        self
    }

    fn run_in(&self, sandbox: &Sandbox, script: &str, must: Must) -> Ended {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let task = Task { command, must, services: self.services.clone() };
        sandbox.run(&self.cell, &task).unwrap_or_else(|why| panic!("{why}\n{}", self.log()))
    }

    fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.cell.log).unwrap()).into_owned()
    }

    fn work(&self, name: &str) -> PathBuf {
        self.dir.path().join("work").join(name)
    }
}

/// Runs a script in a bench; `None` where nothing can be contained.
fn run(bench: &Bench, script: &str, must: Must) -> Option<How> {
    let sandbox = SANDBOX.as_ref()?;
    let ended = bench.run_in(sandbox, script, must);
    eprintln!("{ended:?}\n{:.2000}", bench.log());
    Some(ended.how)
}

/// Compares how a script ends.
macro_rules! ends {
    ($bench:expr, $script:expr, $must:expr, $how:pat $(if $guard:expr)?) => {
        let Some(how) = run(&$bench, $script, $must) else { return };
        assert!(matches!(&how, $how $(if $guard)?), "{how:?}\n{:.2000}", $bench.log());
    };
}

fn serves(
    port: Option<u16>,
    url: Option<&str>,
    prints: Option<&str>,
    call: Option<&str>,
    within: u64,
) -> Must {
    let text = |text: Option<&str>| text.map(str::to_owned);
    Must::Serves { port, url: text(url), prints: text(prints), call: text(call), within: Seconds(within) }
}

/// Lists the processes of this machine whose command line has a mark.
fn alive(mark: &str) -> Vec<String> {
    let all = fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path().join("cmdline"));
    let lines = all.filter_map(|path| fs::read(path).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).replace('\0', " "))
        .filter(|line| line.contains(mark))
        .collect()
}

/// Lists the control groups that this process has made.
fn groups() -> Vec<PathBuf> {
    let own = format!("allclear-{}-", std::process::id());
    let mut left = vec![PathBuf::from("/sys/fs/cgroup")];
    let mut found = Vec::new();
    while let Some(dir) = left.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                left.push(entry.path());
                found.extend(
                    entry.file_name().to_str().is_some_and(|n| n.starts_with(&own)).then(|| entry.path()),
                );
            }
        }
    }
    found
}

const SOON: Must = Must::Exits(Seconds(10));

#[test]
fn a_command_ends_as_it_ends() {
    ends!(Bench::new(), "exit 0", SOON, How::Done);
    ends!(Bench::new(), "echo no; exit 7", SOON, How::Exited(7));
    ends!(Bench::new(), "kill -SEGV $$", SOON, How::Signalled(11));
    ends!(Bench::new(), "sleep 60", Must::Exits(Seconds(1)), How::TimedOut);
    let mut bench = Bench::new();
    bench.cell.limits.time = Seconds(1);
    ends!(bench, "sleep 60", SOON, How::TimedOut);
}

#[test]
fn what_is_printed_is_kept() {
    let Some(sandbox) = SANDBOX.as_ref() else { return };
    let bench = Bench::new();
    let ended = bench.run_in(sandbox, "echo out; echo err >&2; pwd; id -u; id -un", SOON);
    assert_eq!(bench.log(), "out\nerr\n/work\n1000\nlab\n");
    assert_eq!(ended.printed, bench.log().len() as u64);
}

#[test]
fn a_missing_program_is_said() {
    let Some(sandbox) = SANDBOX.as_ref() else { return };
    let bench = Bench::new();
    let task = Task { command: vec!["no-such-program".into()], must: SOON, services: Vec::new() };
    assert_eq!(sandbox.run(&bench.cell, &task).unwrap().how, How::Exited(127));
    assert!(bench.log().contains("no-such-program"));
    let mut bench = Bench::new();
    bench.cell.reads.push(("/no/such/place".into(), "/x".into()));
    assert!(sandbox.run(&bench.cell, &task).unwrap_err().contains("/no/such/place"));
}
