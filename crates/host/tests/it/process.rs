//! How programs end, and that nothing of them is left.

use allclear_host::process::{End, Ended, Errors, Group, Leftovers, Program, Run, write_to_run};
use std::io::{self, BufRead, Read};
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LONG: Run<'_> = Run {
    input: b"",
    limit: Duration::from_mins(10),
    stopped: None,
    errors: Errors::Kept(1 << 16),
    leftovers: Leftovers::Killed,
};
/// What takes longer waited for a child, each of which sleeps for 300 s.
const SOON: Duration = Duration::from_secs(250);

fn sh(script: &str) -> Program {
    Program::new("sh").args(["-c", script]).env("PATH", "/usr/local/bin:/usr/bin:/bin")
}

fn run(script: &str, how: &Run<'_>) -> (Ended, String) {
    let (ended, output) = sh(script).output(how, 1 << 20).unwrap();
    (ended, String::from_utf8(output).unwrap())
}

#[test]
fn both_streams_and_the_end() {
    let (ended, output) = run("echo one; echo two >&2; exit 3", &LONG);
    assert!(matches!(ended.end, End::Exit(3)) && output == "one\n" && ended.errors == b"two\n");
    let together = Run { errors: Errors::WithOutput, ..LONG };
    let (ended, output) = run("echo one; echo two >&2; echo three", &together);
    assert!(matches!(ended.end, End::Exit(0)) && output == "one\ntwo\nthree\n" && ended.errors.is_empty());
    assert!(matches!(run("kill -9 $$", &LONG).0.end, End::Signal(9)));
    let few = Run { errors: Errors::Kept(10), ..LONG };
    let (ended, output) = run("head -c 300000 /dev/zero | tr '\\0' x >&2; echo done", &few);
    assert_eq!((ended.errors.as_slice(), output.as_str()), (b"xxxxxxxxxx".as_slice(), "done\n"));
}

#[test]
fn a_script_can_be_run_as_soon_as_it_is_written() {
    use std::os::unix::fs::PermissionsExt;
    let dir = tempfile::tempdir().unwrap();
    let over = AtomicBool::new(false);
    let run = |program: Program| {
        let started = program.spawn(Group::Ours, Stdio::null(), Stdio::null(), Stdio::null());
        started.and_then(|mut child| child.wait())
    };
    let write = |script: &Path| {
        std::fs::write(script, "#!/bin/sh\n")?;
        std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755))
    };
    let failed: Vec<io::Error> = std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    drop(run(Program::new("/bin/true")));
                }
            });
        }
        let runs = (0..300).map(|n| {
            let script = dir.path().join(n.to_string());
            write_to_run(|| write(&script)).and_then(|()| run(Program::new(script)))
        });
        let failed = runs.filter_map(Result::err).collect();
        over.store(true, Ordering::Relaxed);
        failed
    });
    assert!(failed.is_empty(), "{failed:?}");
}

#[test]
fn it_sees_what_it_is_given() {
    let program = sh("env | sort; pwd").env("A", "1").envs([("A", "2")]).dir("/usr");
    let (_, output) = program.output(&LONG, 1 << 20).unwrap();
    let output = String::from_utf8(output).unwrap();
    let seen: Vec<&str> = output.lines().filter(|line| !line.starts_with('_')).collect();
    assert_eq!(seen, ["A=2", "PATH=/usr/local/bin:/usr/bin:/bin", "PWD=/usr", "/usr"]);
    let missing = Program::new("no-such-program").output(&LONG, 1).unwrap_err();
    assert_eq!(missing.kind(), io::ErrorKind::NotFound);
    assert!(!format!("{:?}", sh("secret").env("TOKEN", "secret")).contains("secret"));
}

#[test]
fn more_goes_through_than_any_pipe_holds() {
    let input: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let how = Run { input: &input, ..LONG };
    let (ended, output) = sh("cat").output(&how, u64::MAX).unwrap();
    assert!(matches!(ended.end, End::Exit(0)) && output == input);
    // One that does not read it all, and one that reads nothing.
    let (ended, output) = run("head -c 3 | wc -c", &how);
    assert!(matches!(ended.end, End::Exit(0)) && output.trim() == "3");
    assert!(matches!(run("exec 0<&-; sleep 0.1", &how).0.end, End::Exit(0)));
    // What is above the limit is thrown away, and the program goes on to its end.
    let (ended, output) = sh("cat; exit 4").output(&how, 1000).unwrap();
    assert!(matches!(ended.end, End::Exit(4)) && output == input[..1000]);
}

#[test]
fn nothing_outlives_its_deadline() {
    let start = Instant::now();
    let short = Run { limit: Duration::from_millis(200), ..LONG };
    let awaited = Run { leftovers: Leftovers::Awaited, ..short };
    for how in [&short, &awaited] {
        assert!(matches!(run("sleep 300 & sleep 300", how).0.end, End::TimedOut));
    }
    // It ended by itself; who holds the output open did not.
    assert!(matches!(run("sleep 300 &", &awaited).0.end, End::TimedOut));
    // Neither is anybody waited for who left the group.
    let (ended, pid) = run("setsid sleep 300 & echo $!", &LONG);
    assert!(matches!(ended.end, End::Exit(0)));
    assert!(matches!(run(&format!("kill {pid}"), &LONG).0.end, End::Exit(0)), "it was ended with the others");
    // A deadline may be beyond what a clock can say.
    let never = Run { limit: Duration::MAX, ..LONG };
    assert!(matches!(run("true", &never).0.end, End::Exit(0)));
    assert!(start.elapsed() < SOON);
}

#[test]
fn what_is_left_behind_is_killed_or_awaited() {
    let start = Instant::now();
    let (ended, pid) = run("sleep 300 & echo $!", &LONG);
    assert!(matches!(ended.end, End::Exit(0)));
    let stat = || std::fs::read_to_string(format!("/proc/{}/stat", pid.trim())).unwrap_or_default();
    while !(stat().is_empty() || stat().contains(") Z ")) {
        assert!(start.elapsed() < SOON, "{}", stat());
        std::thread::yield_now();
    }
    let awaited = Run { leftovers: Leftovers::Awaited, ..LONG };
    let (ended, output) = run("(sleep 0.2; echo late) & echo early", &awaited);
    assert!(matches!(ended.end, End::Exit(0)) && output == "early\nlate\n");
    assert!(start.elapsed() < SOON);
}

#[test]
fn it_can_be_stopped_from_outside_or_by_who_reads() {
    let start = Instant::now();
    let stopped = AtomicBool::new(false);
    let how = Run { stopped: Some(&stopped), ..LONG };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let read = &mut |out: &mut dyn BufRead| {
                out.read_exact(&mut [0])?;
                stopped.store(true, Ordering::Relaxed);
                Ok(())
            };
            assert!(matches!(sh("echo; sleep 300").run(&how, read).unwrap().end, End::Stopped));
        });
    });
    let enough = &mut |out: &mut dyn BufRead| {
        out.take(10).read_to_end(&mut Vec::new())?;
        Err(io::Error::other("enough"))
    };
    let ended = sh("yes").run(&LONG, enough).unwrap();
    assert!(matches!(ended.end, End::Refused(why) if why.to_string() == "enough"));
    assert!(start.elapsed() < SOON);
}
