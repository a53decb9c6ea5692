//! The descendants of this process, from `/proc`.

use rustix::process::{Pid, Signal, getpid, kill_process};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::time::{Duration, Instant};

#[derive(Debug, Clone, Copy)]
struct Process {
    parent: i32,
    threads: u64,
    zombie: bool,
}

#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TreeUsage {
    /// Private memory, in bytes, without what is shared with others, such as libraries.
    pub(super) memory: u64,
    /// Processes and threads.
    pub(super) processes: u64,
}

/// Parses `/proc/PID/stat`. The name may contain anything, so fields are counted from its end.
fn parse(stat: &str) -> Option<Process> {
    let mut fields = stat.rsplit_once(')')?.1.split_ascii_whitespace();
    let state = fields.next()?;
    let parent = fields.next()?.parse().ok()?;
    let threads = fields.nth(15)?.parse().ok()?;
    Some(Process { parent, threads, zombie: matches!(state, "Z" | "X") })
}

/// Lists the living descendants of this process.
fn descendants() -> BTreeMap<i32, Process> {
    let pids = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = pids.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok());
    let all: BTreeMap<i32, Process> = pids
        .filter_map(|pid| Some((pid, parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)?)))
        .collect();
    let mut below = BTreeSet::from([getpid().as_raw_nonzero().get()]);
    loop {
        let before = below.len();
        below.extend(
            all.iter().filter(|(_, p)| below.contains(&p.parent)).map(|(pid, _)| *pid).collect::<Vec<_>>(),
        );
        if below.len() == before {
            break;
        }
    }
    let me = getpid().as_raw_nonzero().get();
    all.into_iter().filter(|(pid, p)| *pid != me && !p.zombie && below.contains(pid)).collect()
}

/// Counts all processes of this namespace.
pub(super) fn count_all() -> u64 {
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    names.filter(|name| name.as_encoded_bytes().first().is_some_and(u8::is_ascii_digit)).count() as u64
}

pub(super) fn measure() -> TreeUsage {
    let page = rustix::param::page_size() as u64;
    let memory = |pid: i32| {
        let statm = fs::read_to_string(format!("/proc/{pid}/statm")).ok()?;
        let mut pages = statm.split_ascii_whitespace().skip(1).map_while(|n| n.parse::<u64>().ok());
        Some(pages.next()?.saturating_sub(pages.next()?) * page)
    };
    descendants().iter().fold(TreeUsage::default(), |sum, (pid, process)| TreeUsage {
        memory: sum.memory + memory(*pid).unwrap_or(0),
        processes: sum.processes + process.threads,
    })
}

/// Kills the descendants of this process until none is left, for at most `patience`.
pub(super) fn kill_all(patience: Duration) {
    let since = Instant::now();
    loop {
        let left = descendants();
        for pid in left.keys().filter_map(|pid| Pid::from_raw(*pid)) {
            let _ = kill_process(pid, Signal::KILL);
        }
        if left.is_empty() || since.elapsed() > patience {
            return;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_fake_the_fields() {
        let line = "42 (x) R 1 (y) S 7 42 42 0 -1 0 0 0 0 0 0 0 0 0 20 0 3 0 100 0 0";
        let process = parse(line).unwrap();
        assert_eq!((process.parent, process.threads, process.zombie), (7, 3, false));
        assert!(parse("42 (x").is_none());
    }
}
