//! A ledger of 100,000 entries: read from disk, read from memory, and folded.

use crate::table::{Samples, Table, ms};
use crate::world::{Lab, Ran, Size, Stream, project};
use allclear_core::CommitId;
use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::RawEntry;
use allclear_core::ledger::event::{CheckOutcome, Event};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

pub(crate) const ENTRIES: usize = 100_000;
pub(crate) const LEDGER: &str = "refs/allclear/ledger";

/// What git alone takes to read a ledger.
const BARE: &str = "git rev-list --reverse --topo-order refs/allclear/ledger | sed 's/$/:entry.json/' | git cat-file --batch --buffer | wc -c";

/// A server with one candidate and a ledger of at least `entries`, and a clone of it.
pub(crate) fn world(lab: &Lab, name: &str, entries: usize) -> (PathBuf, PathBuf, CommitId) {
    let server = lab.server(&format!("{name}.git"));
    project(lab, &server, Size { files: 50, commits: 100, ahead: 10, tags: 10 });
    let clone = lab.clone(&server, name, &["-n"]);
    lab.allclear(&clone, &["cut", "--version", "1.1.0", "--yes"]).expect("the cut");
    let rc = CommitId::parse(&lab.git(&server, &["rev-parse", "refs/heads/release-1.1.0"]))
        .expect("git prints whole ids");
    let started = jiff::Timestamp::from_second(1_700_000_000).expect("in range");
    let mut stream = Stream::default();
    for n in 0..entries {
        let from = format!("{LEDGER}^0");
        let text = entry(n, started, &rc);
        stream.commit(
            LEDGER,
            (n == 0).then_some(from.as_str()),
            &format!("check {n}"),
            &[("entry.json".to_owned(), text)],
        );
    }
    lab.import(&server, stream.text());
    (server, clone, rc)
}

/// Writes the nth entry: a check of one of a thousand commits, and of the rc now and then.
fn entry(n: usize, started: jiff::Timestamp, rc: &CommitId) -> String {
    let commit = if n.is_multiple_of(10) {
        rc.clone()
    } else {
        CommitId::parse(&format!("{:040x}", n % 1000)).expect("40 digits")
    };
    let outcome = if n.is_multiple_of(50) { CheckOutcome::Failed } else { CheckOutcome::Passed };
    let url = Some(format!("https://ci.example.org/runs/{n}"));
    let event = Event::CheckRecorded { name: format!("ci-{}", n % 5), outcome, commit, url };
    let by = Actor { who: "ci <ci@example.org>".into(), proof: Proof::Claimed };
    let at = allclear_core::Seconds(n as u64).after(started);
    serde_json::to_string_pretty(&entry::compose(format!("{n:032x}"), at, by, Via::Ci, vec![event]))
        .expect("an entry is JSON")
        + "\n"
}

pub(crate) fn run(lab: &Lab, rounds: usize, table: &mut Table) {
    let (server, clone, rc) = world(lab, "record", ENTRIES);
    let mut first = Samples::default();
    first.add(&lab.allclear(&clone, &["status"]));
    table.row(
        "first look at 100,000 entries, with the fetch",
        first.to_string(),
        String::new(),
        String::new(),
        "",
        None,
    );
    let (mut cold, mut warm, mut online, mut bare, mut peak) =
        <(Samples, Samples, Samples, Samples, u64)>::default();
    for _ in 0..rounds {
        forget(&lab.at("cache"));
        let ran: Ran = lab.allclear(&clone, &["status"]);
        peak = peak.max(ran.peak);
        cold.add(&ran);
        bare.add(&lab.run("sh", &["-c", BARE], &server));
        warm.add(&lab.allclear(&clone, &["status", "--offline"]));
        online.add(&lab.allclear(&clone, &["status"]));
    }
    table.below("status, 100,000 entries, nothing remembered", &cold, Duration::from_secs(1));
    let text = format!("git reading the same objects: {bare}");
    table.row(
        "the same against git alone",
        cold.to_string(),
        text,
        format!("{:.2}×", cold.over(&bare)),
        "",
        None,
    );
    table.row(
        "its peak memory",
        format!("{} MiB", peak / 1024),
        String::new(),
        String::new(),
        "< 100 MiB",
        Some(peak < 100 * 1024),
    );
    table.below("status --offline, 100,000 entries", &warm, Duration::from_millis(20));
    table.row("status, 100,000 entries", online.to_string(), String::new(), String::new(), "", None);
    pure(rounds, &rc, table);
}

/// Folds links that are in memory, ten times as many in ten times the time.
fn pure(rounds: usize, rc: &CommitId, table: &mut Table) {
    let started = jiff::Timestamp::from_second(1_700_000_000).expect("in range");
    let raw: Vec<RawEntry> = (0..ENTRIES)
        .map(|n| RawEntry {
            commit: CommitId::parse(&format!("{n:040x}")).expect("40 digits"),
            parents: Vec::new(),
            json: Ok(entry(n, started, rc).into_bytes()),
            signed: None,
        })
        .collect();
    let at = Instant::now();
    let links: Vec<_> = raw.into_iter().map(entry::read).collect();
    let read = at.elapsed();
    let (mut all, mut tenth) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        for (times, links) in [(&mut tenth, &links[..ENTRIES / 10]), (&mut all, &links[..])] {
            let at = Instant::now();
            assert_eq!(allclear_core::project::fold(links).entries, links.len() as u64);
            times.push(at.elapsed());
        }
    }
    let median = |mut times: Vec<Duration>| {
        times.sort_unstable();
        times[times.len() / 2]
    };
    let (all, tenth) = (median(all), median(tenth));
    let growth = all.as_secs_f64() / tenth.as_secs_f64();
    table.row(
        "fold of 100,000 entries in memory",
        ms(all),
        format!("of 10,000: {}", ms(tenth)),
        format!("{growth:.1}×"),
        "< 100 ms",
        Some(all < Duration::from_millis(100)),
    );
    table.row("reading their JSON", ms(read), String::new(), String::new(), "", None);
}

/// Forgets all folds and looks, and keeps the objects.
pub(crate) fn forget(cache: &Path) {
    for store in std::fs::read_dir(cache.join("allclear/stores")).into_iter().flatten().flatten() {
        for what in ["fold", "look", "audit"] {
            drop(std::fs::remove_file(store.path().join("allclear").join(what)));
        }
    }
}
