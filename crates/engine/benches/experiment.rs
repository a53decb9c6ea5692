//! What an experiment costs beside the downstreams themselves: 10,000 of them, with a lab that answers at once.
//!
//! `cargo bench -p allclear-engine`. Nothing here fails; the table says what is short of its target.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a benchmark prints its table, and has a watch"
)]

use allclear_engine::{Lab, Plan, TestWish};
use allclear_testkit::{FakeLab, World, passes};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

const DOWNSTREAMS: usize = 10_000;

fn main() {
    let world = World::new();
    let fake = FakeLab::new();
    let repos: Vec<String> =
        (0..DOWNSTREAMS).map(|n| format!("https://git.example.org/team-{}/project-{n}.git", n % 97)).collect();
    repos.iter().for_each(|repo| {
        fake.has(repo, passes);
    });
    let stop = AtomicBool::new(false);
    let lab = Lab { sources: &fake, executor: &fake, jobs: 2, stop: &stop, watch: &|_| () };
    let machine = world.machine("a");
    let engine = machine.engine();
    let wish = TestWish { downstreams: repos, ..TestWish::default() };
    let target = engine.target(&engine.observe().unwrap(), &wish).unwrap();

    let before = memory("VmHWM");
    let (planned, plan) = timed(|| Plan::make(&target.declared, &target.candidate, &lab));
    assert_eq!(plan.jobs.len(), DOWNSTREAMS);
    let after = memory("VmHWM");
    drop(plan);
    line("planned", planned, Some(Duration::from_secs(2)));
    println!("{:<24} {after:>8} MiB   (150 MiB asked for; {before} MiB before)", "  at most in memory");

    let (first, tested) = timed(|| engine.test(&target, &wish, &lab).unwrap());
    assert_eq!(tested.experiment.downstreams.len(), DOWNSTREAMS);
    line("tried once, in no time", first, None);
    let (again, tested) = timed(|| engine.test(&target, &wish, &lab).unwrap());
    assert!(tested.experiment.downstreams.iter().all(|row| row.known));
    line("the same again", again, None);
    println!("{:<24} {:>8} MiB", "  at most in memory", memory("VmHWM"));
    // Four minutes each are usual; half a second each would be very little.
    let share = again.as_secs_f64() / (DOWNSTREAMS as f64 * 0.5 / 2.0) * 100.0;
    println!("{:<24} {share:>8.2} %     of the first, if each took half a second", "");
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let answer = work();
    (start.elapsed(), answer)
}

fn line(what: &str, took: Duration, target: Option<Duration>) {
    let target = target.map(|t| format!("   ({} s asked for)", t.as_secs())).unwrap_or_default();
    println!("{what:<24} {:>8.2} s{target}", took.as_secs_f64());
}

/// Reads a line of the kernel's account of this process, in MiB.
fn memory(line: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = status.lines().find_map(|l| l.strip_prefix(line)?.strip_prefix(':'));
    of.and_then(|kib| kib.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
}
