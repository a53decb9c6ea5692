//! Foreign code is contained, ends as it is said, and leaves nothing behind.

use allclear_core::experiment::{Limits, Must, Service};
use allclear_core::types::duration::Seconds;
use allclear_lab::{Ended, How, Sandbox, SandboxSpec, Task};
use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
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
    vec![env!("CARGO_BIN_EXE_helper").into()]
}

/// A directory for one test, and what is run in it.
pub(crate) struct Bench {
    pub(crate) dir: tempfile::TempDir,
    pub(crate) spec: SandboxSpec,
    services: Vec<Service>,
}

impl Bench {
    pub(crate) fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("work");
        fs::create_dir(&work).unwrap();
        let limits = Limits { time: Seconds(10), memory: 256, processes: 64, disk: 64, output: 4, cpus: 2 };
        let spec = SandboxSpec {
            readable: Vec::new(),
            writable: vec![(work, "/work".into())],
            caches: Vec::new(),
            env: BTreeMap::new(),
            dir: "/work".into(),
            limits,
            log: dir.path().join("log"),
        };
        Self { dir, spec, services: Vec::new() }
    }

    fn service(mut self, run: &str, port: Option<u16>) -> Self {
        self.services.push(Service { run: run.to_owned(), port });
        self
    }

    fn run_in(&self, sandbox: &Sandbox, script: &str, must: Must) -> Ended {
        let command = ["sh", "-c", script].map(str::to_owned).to_vec();
        let task = Task { command, must, services: self.services.clone() };
        sandbox.run(&self.spec, &task).unwrap_or_else(|why| panic!("{why}\n{}", self.log()))
    }

    pub(crate) fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.spec.log).unwrap()).into_owned()
    }

    fn work(&self, name: &str) -> PathBuf {
        self.dir.path().join("work").join(name)
    }
}

/// Runs a script in a bench; `None` where nothing can be contained.
pub(crate) fn run(bench: &Bench, script: &str, must: Must) -> Option<How> {
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

/// Lists the control groups that a process has made.
fn groups_of(pid: u32) -> Vec<PathBuf> {
    let own = format!("allclear-{pid}-");
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

pub(crate) const SOON: Must = Must::Exits(Seconds(10));
/// When a test that waits gives up. It is long, since a busy machine is no fault.
const PATIENCE: Duration = Duration::from_mins(5);

#[test]
fn a_command_ends_as_it_ends() {
    ends!(Bench::new(), "exit 0", SOON, How::Done);
    ends!(Bench::new(), "echo no; exit 7", SOON, How::Exited(7));
    ends!(Bench::new(), "kill -SEGV $$", SOON, How::Signalled(11));
    ends!(Bench::new(), "sleep 60", Must::Exits(Seconds(1)), How::TimedOut);
    let mut bench = Bench::new();
    bench.spec.limits.time = Seconds(1);
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
    assert_eq!(sandbox.run(&bench.spec, &task).unwrap().how, How::Exited(127));
    assert!(bench.log().contains("no-such-program"));
    let mut bench = Bench::new();
    bench.spec.readable.push(("/no/such/place".into(), "/x".into()));
    assert!(sandbox.run(&bench.spec, &task).unwrap_err().contains("/no/such/place"));
}

#[test]
fn there_is_no_network_but_a_loopback_of_its_own() {
    let outside = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = outside.local_addr().unwrap().port();
    let bench = Bench::new().service(&format!("{SERVER} 7001 200"), Some(7001));
    let script = format!(
        "{CLIENT} 127.0.0.1:7001 || exit 1; {CLIENT} 127.0.0.1:{port} && exit 2; {CLIENT} 1.1.1.1:443 && exit 3; \
         cat /etc/resolv.conf && exit 4; grep -c : /proc/net/dev | grep -qx 1"
    );
    ends!(bench, &script, SOON, How::Done);
    let log = bench.log();
    assert!(log.contains("service 1| listening") && log.contains("hello"), "{log}");
    assert!(log.contains("no way to 1.1.1.1:443: Network is unreachable"), "{log}");
}

#[test]
fn nothing_outside_of_what_is_meant_can_be_written_or_seen() {
    let mut bench = Bench::new();
    let (cache, secret) = (bench.dir.path().join("cache"), bench.dir.path().join("secret"));
    fs::create_dir_all(cache.join("inner")).unwrap();
    fs::write(cache.join("file"), "cached").unwrap();
    fs::write(&secret, "secret").unwrap();
    bench.spec.readable.push((cache.clone(), "/work/cache".into()));
    fs::create_dir(bench.work("cache")).unwrap();
    bench.spec.writable.push((cache.join("inner"), "/work/cache/inner".into()));
    let script = format!(
        "cat cache/file || exit 1
         for path in /x /usr/x /usr/bin/x /etc/x /bin/x /home/x /run/x /proc/sys/kernel/x cache/x cache/file; do
           if (: > $path) 2>/dev/null; then echo wrote $path; exit 2; fi
         done
         find /proc -maxdepth 4 -writable -not -type l | grep . && exit 11
         if (echo lab > /proc/sys/kernel/hostname) 2>/dev/null; then exit 3; fi
         rm -rf cache/file 2>/dev/null && exit 4
         ls {0} /root /home/* /var/lib /sys /boot /proc/1/fd /proc/1/environ 2>/dev/null && ls -A /home/lab && exit 5
         cat {0} 2>/dev/null && exit 6
         mount -t tmpfs none /work 2>/dev/null && exit 7
         unshare -U true 2>/dev/null && exit 8
         grep -q '^CapEff:.0*$' /proc/self/status || exit 9
         echo mine > cache/inner/own && echo home > ~/x && echo tmp > $TMPDIR/x && echo work > own && exit 0; exit 10",
        secret.display()
    );
    ends!(bench, &script, SOON, How::Done);
    assert_eq!(fs::read_to_string(cache.join("file")).unwrap(), "cached");
    assert_eq!(fs::read_to_string(cache.join("inner/own")).unwrap(), "mine\n");
    assert_eq!(fs::read_to_string(bench.work("own")).unwrap(), "work\n");
    assert!(!cache.join("x").exists());
}

#[test]
fn secrets_of_the_caller_are_not_inherited() {
    let Some(_) = SANDBOX.as_ref() else { return };
    // The caller is this test again, with a secret in its environment and one on an open descriptor.
    let name = "sandbox::secrets_of_the_caller_are_not_inherited";
    if std::env::var_os("SECRET_TOKEN").is_none() {
        let mut again = Command::new("/bin/bash");
        again.args(["-c", r#"exec 7<<<s3cret 77<<<s3cret; exec "$@""#, "again"]);
        again.arg(std::env::current_exe().unwrap()).args(["--exact", name]).env("SECRET_TOKEN", "s3cret");
        assert!(again.status().unwrap().success());
        return;
    }
    let mut bench = Bench::new();
    bench.spec.env.insert("GREETING".into(), "hello".into());
    let script =
        "env | sort; for fd in /proc/self/fd/*; do echo ${fd##*/}; done; tr '\\0' '\\n' < /proc/1/environ";
    ends!(bench, script, SOON, How::Exited(_));
    let log = bench.log();
    assert!(!log.contains("s3cret") && !log.contains("SECRET_TOKEN"), "{log}");
    let env = "CI=1\nGREETING=hello\nHOME=/home/lab\nLANG=C.UTF-8\n";
    assert!(log.starts_with(env), "{log}");
    let descriptors: Vec<&str> = log.lines().filter(|line| line.parse::<u32>().is_ok()).collect();
    // The fourth is the directory being listed.
    assert_eq!(descriptors, ["0", "1", "2", "3"], "{log}");
}

#[test]
fn too_much_memory_is_out_of_memory() {
    let bench = Bench::new();
    ends!(bench, "echo begun; tail /dev/zero; sleep 60", SOON, How::OutOfMemory);
    assert!(bench.log().starts_with("begun"));
    // Also where it is in files of the sandbox's own memory: shared memory has no other limit.
    ends!(Bench::new(), "cat /dev/zero > /dev/shm/x", SOON, How::OutOfMemory);
}

#[test]
fn a_bomb_of_processes_is_contained_and_gone() {
    let bench = Bench::new();
    let script = "f() { f | f & }; f 2>/dev/null; sleep 60 # bomb-5f1b2a";
    ends!(bench, script, Must::Exits(Seconds(1)), How::TimedOut | How::Exited(_));
    assert_eq!(alive("bomb-5f1b2a"), Vec::<String>::new());
}

#[test]
fn what_prints_without_end_is_ended_and_its_log_stays_small() {
    let bench = Bench::new();
    ends!(bench, "echo first; head -c 1G /dev/zero; sleep 60", SOON, How::TooMuchOutput);
    let size = fs::metadata(&bench.spec.log).unwrap().len();
    assert!(size < 1 << 20 && bench.log().starts_with("first\n"), "{size}");
}

#[test]
fn a_disk_is_not_filled() {
    let script = "head -c 300M /dev/zero > big; sync big; sleep 60";
    ends!(Bench::new(), script, SOON, How::NoSpace);
    ends!(
        Bench::new(),
        "mkdir a; while :; do head -c 1M /dev/zero > a/$(date +%s%N); done",
        SOON,
        How::NoSpace
    );
    // Its own memory is no way around, and being full is not a failure like any other.
    for dir in ["/tmp", "~"] {
        ends!(Bench::new(), &format!("head -c 1G /dev/zero > {dir}/x"), SOON, How::NoSpace);
    }
    // What was there before is not its doing.
    let bench = Bench::new();
    fs::write(bench.work("old"), vec![1; 80 << 20]).unwrap();
    ends!(bench, "sleep 0.5", SOON, How::Done);
}

#[test]
fn what_stays_is_told_to_end() {
    let second = Must::Stays(Seconds(1));
    ends!(Bench::new(), "trap 'echo bye; exit 1' TERM; sleep 60 & wait", second.clone(), How::Done);
    ends!(Bench::new(), "exit 0", second.clone(), How::Done);
    ends!(Bench::new(), "exit 2", second.clone(), How::Exited(2));
    let bench = Bench::new();
    ends!(bench, "trap '' TERM; while :; do sleep 1; done # deaf-77c2", second, How::IgnoredSigterm);
    assert_eq!(alive("deaf-77c2"), Vec::<String>::new());
}

#[test]
fn what_serves_is_asked_and_called() {
    let good = format!("{SERVER} 7002 200");
    let ill = format!("{SERVER} 7002 503");
    let page = Some("http://127.0.0.1:7002/health");
    ends!(Bench::new(), &good, serves(Some(7002), page, Some("listening"), Some("exit 0"), 5), How::Done);
    ends!(Bench::new(), &format!("sleep 0.3; {good}"), serves(Some(7002), None, None, None, 5), How::Done);
    ends!(Bench::new(), &good, serves(None, page, None, Some("exit 3"), 5),
        How::NotReady(why) if why == "its call exited with 3");
    ends!(Bench::new(), &ill, serves(None, page, None, None, 1),
        How::NotReady(why) if why == "after 1 s: http://127.0.0.1:7002/health does not answer below 500");
    ends!(Bench::new(), &good, serves(None, None, Some("never"), None, 1),
        How::NotReady(why) if why == "after 1 s: it did not print `never`");
    ends!(Bench::new(), "exit 0", serves(Some(7002), None, None, None, 5),
        How::NotReady(why) if why == "it ended before it was ready");
    ends!(Bench::new(), "exit 9", serves(Some(7002), None, None, None, 5), How::Exited(9));
    ends!(Bench::new(), &good, serves(None, Some("https://x"), None, None, 5), How::NotReady(_));
    let bench = Bench::new();
    ends!(
        bench,
        &good,
        serves(Some(7002), None, None, Some(&format!("{CLIENT} 127.0.0.1:7002")), 5),
        How::Done
    );
    assert!(bench.log().contains("call| hello"), "{}", bench.log());
}

#[test]
fn a_service_that_does_not_start_is_said() {
    let bench = Bench::new().service("echo broken; exit 4", Some(7003));
    ends!(bench, "exit 0", SOON,
        How::ServiceFailed(why) if why == "service `echo broken; exit 4` exited with 4 before port 7003 was open");
    assert!(bench.log().contains("service 1| broken"));
    let mut bench = Bench::new().service("sleep 60", Some(7003));
    bench.spec.limits.time = Seconds(1);
    ends!(bench, "exit 0", SOON, How::ServiceFailed(why) if why.ends_with("did not open port 7003 within 1 s"));
}

#[test]
fn a_daemon_does_not_outlive_its_sandbox() {
    let bench = Bench::new();
    let script =
        "setsid nohup sh -c 'while :; do touch beat; sleep 0.01; done # daemon-3e9d' >/dev/null 2>&1 &
                  while [ ! -e beat ]; do sleep 0.01; done";
    ends!(bench, script, SOON, How::Done);
    assert_eq!(alive("daemon-3e9d"), Vec::<String>::new());
    fs::remove_file(bench.work("beat")).unwrap();
    assert!(!bench.work("beat").exists());
}

#[test]
fn the_helper_cannot_be_killed_stopped_or_spoken_for() {
    let script = r#"kill -9 1 $PPID; kill -STOP 1 $PPID; kill -9 -- -1 2>/dev/null
        for fd in 0 1 2 3 4 5 6; do echo '{"Ended":{"how":"done","millis":1,"memory":1,"printed":1}}' > /proc/1/fd/$fd; done
        exit 3"#;
    ends!(Bench::new(), script, SOON, How::Exited(3));
    ends!(
        Bench::new(),
        r#"echo '{"Ended":{"how":"done","millis":1,"memory":1,"printed":1}}'; exit 3"#,
        SOON,
        How::Exited(3)
    );
}

#[test]
fn a_sandbox_that_is_killed_is_reported() {
    let Some(sandbox) = SANDBOX.as_ref() else { return };
    let bench = Bench::new();
    // Somebody on this machine ends the sandbox, as soon as it is seen.
    let task = Task {
        command: ["sh", "-c", "touch here; sleep 60 # struck-91ab"].map(str::to_owned).to_vec(),
        must: SOON,
        services: Vec::new(),
    };
    let ended = std::thread::scope(|scope| {
        let run = scope.spawn(|| sandbox.run(&bench.spec, &task));
        while !bench.work("here").exists() {
            std::thread::yield_now();
        }
        let work = bench.dir.path().join("work").display().to_string();
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            if String::from_utf8_lossy(&line).contains(&work) {
                let pid = entry.file_name().to_string_lossy().parse().unwrap();
                let pid = rustix::process::Pid::from_raw(pid).unwrap();
                rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
            }
        }
        run.join().unwrap()
    });
    assert!(ended.unwrap_err().starts_with("the sandbox ended without an answer"));
    assert_eq!(alive("struck-91ab"), Vec::<String>::new());
}

#[test]
fn when_the_caller_is_killed_everything_goes_with_it() {
    let Some(_) = SANDBOX.as_ref() else { return };
    let name = "sandbox::when_the_caller_is_killed_everything_goes_with_it";
    let script = "setsid sh -c 'echo > here; while :; do sleep 0.01; done # orphan-c40d' & wait";
    if let Some(work) = std::env::var_os("ALLCLEAR_TEST_WORK") {
        let mut bench = Bench::new();
        bench.spec.writable[0].0 = work.into();
        run(&bench, script, SOON);
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let mut again = Command::new(std::env::current_exe().unwrap());
    again
        .args(["--exact", name])
        .env("ALLCLEAR_TEST_WORK", dir.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut again = again.env("TMPDIR", dir.path()).spawn().unwrap();
    while !dir.path().join("here").exists() {
        assert!(again.try_wait().unwrap().is_none(), "it ended before it began");
        std::thread::yield_now();
    }
    assert!(!alive("orphan-c40d").is_empty());
    again.kill().unwrap();
    again.wait().unwrap();
    let since = Instant::now();
    while !alive("orphan-c40d").is_empty() {
        assert!(since.elapsed() < PATIENCE, "{:?}", alive("orphan-c40d"));
        std::thread::yield_now();
    }
    // The group that it could not remove is removed by the next one.
    let left = || groups_of(again.id()).len();
    while left() > 0 {
        drop(Sandbox::find(helper()).unwrap());
        assert!(since.elapsed() < PATIENCE, "{:?}", groups_of(again.id()));
    }
}

#[test]
fn nothing_is_left_on_the_machine() {
    let Some(sandbox) = SANDBOX.as_ref() else { return };
    let bench = Bench::new();
    let script = "touch here; while [ -e here ]; do sleep 0.01; done # trace-e61a";
    let during: Vec<PathBuf> = std::thread::scope(|scope| {
        let run = scope.spawn(|| bench.run_in(sandbox, script, SOON));
        while !bench.work("here").exists() {
            std::thread::yield_now();
        }
        let holds = |group: &PathBuf| {
            let pids = fs::read_to_string(group.join("cgroup.procs")).unwrap_or_default();
            let mut lines = pids.lines().filter_map(|pid| fs::read(format!("/proc/{pid}/cmdline")).ok());
            lines.any(|line| String::from_utf8_lossy(&line).contains("trace-e61a"))
        };
        let during = groups_of(std::process::id()).into_iter().filter(holds).collect();
        fs::remove_file(bench.work("here")).unwrap();
        assert_eq!(run.join().unwrap().how, How::Done);
        during
    });
    assert_eq!(sandbox.describe().contains("cgroup"), !during.is_empty());
    assert!(during.iter().all(|group| !group.exists()), "{during:?}");
    assert_eq!(alive("trace-e61a"), Vec::<String>::new());
    let entries = fs::read_dir(bench.dir.path()).unwrap();
    let mut left: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["log", "work"]);
}

#[test]
fn without_a_sandbox_the_limits_hold_as_far_as_they_can() {
    let sandbox = Sandbox::none(helper());
    assert_eq!(sandbox.describe(), "nothing: sandbox = \"none\"");
    let mut bench = Bench::new();
    let work = bench.dir.path().join("work");
    assert_eq!(sandbox.path_inside(&work, Path::new("/work")), work);
    bench.spec.dir.clone_from(&work);
    let script =
        "setsid nohup sh -c 'touch beat; while :; do sleep 0.01; done # loose-d00d' >/dev/null 2>&1 &
                  while [ ! -e beat ]; do sleep 0.01; done; pwd; echo $HOME; exit 5";
    assert_eq!(bench.run_in(&sandbox, script, SOON).how, How::Exited(5));
    assert!(bench.log().starts_with(&format!("{}\n", work.display())), "{}", bench.log());
    assert!(bench.log().ends_with("/log.home\n") && !bench.dir.path().join("log.home").exists());
    assert_eq!(alive("loose-d00d"), Vec::<String>::new());
    assert_eq!(bench.run_in(&sandbox, "tail /dev/zero", SOON).how, How::OutOfMemory);
    assert_eq!(bench.run_in(&sandbox, "head -c 1G /dev/zero", SOON).how, How::TooMuchOutput);
    assert_eq!(bench.run_in(&sandbox, "head -c 300M /dev/zero > x; sleep 60", SOON).how, How::NoSpace);
}

#[test]
fn where_there_are_no_control_groups_the_helper_counts() {
    let Some(_) = SANDBOX.as_ref() else { return };
    // The caller is this test again, where the directory of the control groups is empty.
    let name = "sandbox::where_there_are_no_control_groups_the_helper_counts";
    if std::env::var_os("ALLCLEAR_TEST_BARE").is_none() {
        let mut again = Command::new("bwrap");
        again.args([
            "--dev-bind",
            "/",
            "/",
            "--tmpfs",
            "/sys/fs/cgroup",
            "--setenv",
            "ALLCLEAR_TEST_BARE",
            "1",
        ]);
        again.arg(std::env::current_exe().unwrap()).args(["--exact", name]);
        let said = again.output().unwrap();
        let out = String::from_utf8_lossy(&said.stdout);
        assert!(said.status.success() && out.contains("1 passed"), "{out}");
        return;
    }
    let sandbox = SANDBOX.as_ref().unwrap();
    assert_eq!(sandbox.describe(), "bubblewrap, rlimits");
    let bench = Bench::new();
    let ended = bench.run_in(sandbox, "perl -e '$x = \"a\" x (64 << 20); sleep 1'", SOON);
    assert!(ended.how == How::Done && ended.memory >= 64, "{ended:?}");
    assert_eq!(bench.run_in(sandbox, "tail /dev/zero", SOON).how, How::OutOfMemory);
    // Not a bomb: for root the kernel counts nothing, and this machine has others on it.
    let script = "for n in $(seq 300); do sleep 60 & done; wait # crowd-77aa01";
    let ended = bench.run_in(sandbox, script, SOON);
    assert!(matches!(ended.how, How::Exited(_) | How::Signalled(9)), "{ended:?}");
    assert_eq!(alive("crowd-77aa01"), Vec::<String>::new());
}

#[test]
fn a_person_gets_a_shell_in_the_same_sandbox() {
    let Some(sandbox) = SANDBOX.as_ref() else { return };
    let name = "sandbox::a_person_gets_a_shell_in_the_same_sandbox";
    if std::env::var_os("ALLCLEAR_TEST_SHELL").is_some() {
        let mut bench = Bench::new();
        bench.spec.env.insert("GREETING".into(), "hello".into());
        assert_eq!(sandbox.shell(&bench.spec).unwrap(), 3);
        assert_eq!(fs::read_to_string(bench.work("own")).unwrap(), "mine\n");
        return;
    }
    let mut again = Command::new(std::env::current_exe().unwrap());
    again.args(["--exact", name, "--nocapture"]).env("ALLCLEAR_TEST_SHELL", "1");
    let mut again = again.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let typed = b"pwd; id -un; echo $GREETING $HOME; echo mine > own; env | grep ALLCLEAR; exit 3\n";
    again.stdin.take().unwrap().write_all(typed).unwrap();
    let said = again.wait_with_output().unwrap();
    let out = String::from_utf8_lossy(&said.stdout);
    assert!(said.status.success() && out.contains("/work\nlab\nhello /home/lab\n"), "{out}");
    assert!(!out.contains("ALLCLEAR_TEST_SHELL"), "{out}");
}

#[test]
fn devices_are_no_disk() {
    let bench = Bench::new();
    // Where no control group counts what is there, it would be as large as the machine.
    ends!(
        bench,
        "echo > /dev/null && ! echo x > /dev/x && echo x > /dev/shm/x && df -m /dev/shm",
        SOON,
        How::Done
    );
    assert!(bench.log().contains(" 256 "), "{}", bench.log());
}

#[test]
fn what_lies_too_deep_to_be_counted_is_too_much() {
    let mut bench = Bench::new();
    bench.spec.limits.disk = 16;
    let deep = "perl -e 'for (1..3000) { mkdir q(d); chdir q(d) or die } open F, q(>big); print F q(x) x 1024 for 1..65536; sleep 8'";
    ends!(bench, deep, Must::Exits(Seconds(9)), How::NoSpace);
}
