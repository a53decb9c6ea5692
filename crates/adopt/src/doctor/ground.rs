//! What would stop allclear: git, the server, this credential, the clock, the clone, and names.

use super::{Evidence, Finding, Ground, Part, Weight, day};
use allclear_core::duration::Seconds;
use allclear_core::port::history::Reach;
use allclear_core::text::{count, plain, short};
use jiff::Timestamp;

/// The oldest git whose merge is used: 2.38 began `merge-tree --write-tree`, 2.39 is tried.
const GIT: (u64, u64) = (2, 39);
/// How far a clock may be behind what is already written: what the ledger tolerates.
const TOLERANCE: Seconds = Seconds(120);

pub(super) fn judge(ground: &Ground, now: Timestamp) -> Vec<Finding> {
    vec![
        git(ground),
        server(ground),
        credential(ground),
        record(ground),
        clock(ground, now),
        clone(ground),
        names(ground),
        leftovers(ground),
    ]
}

fn part(name: &'static str, allclear: &'static str) -> Finding {
    Finding::new(Part::Ground, name, allclear)
}

fn git(ground: &Ground) -> Finding {
    let finding = part("git", "needs git 2.39 or newer: its merge is the reference");
    let version = ground.git.trim_start_matches("git version ").trim();
    let mut numbers = version.split(['.', ' ']).map(|n| n.parse::<u64>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= GIT => {
            finding.weighs(Weight::Clear, format!("git {}", short(version, 30)))
        }
        (Some(_), Some(_)) => finding
            .weighs(Weight::Open, format!("git {} is too old", short(version, 30)))
            .act("install git 2.39 or newer"),
        _ => finding
            .weighs(Weight::Unknown, format!("`{}` is no version that is known", short(&ground.git, 40))),
    }
}

fn server(ground: &Ground) -> Finding {
    let finding = part("server", "moves all refs of a release in one atomic push, or none");
    if let Some(why) = &ground.unreachable {
        let why = vec![Evidence { text: short(why, 300), ..Evidence::default() }];
        return finding
            .weighs(Weight::Open, "it cannot be read; all that is said here is from this clone alone")
            .shown_by(why)
            .act("check the connection, the address and the login");
    }
    match &ground.reach {
        Reach::Open { atomic: true } => finding.weighs(Weight::Clear, "atomic pushes are advertised"),
        Reach::Open { atomic: false } => finding
            .weighs(Weight::Open, "the server does not do atomic pushes, which a promotion needs")
            .act("use a server that supports git push --atomic"),
        Reach::NotAsked => finding.weighs(Weight::Unknown, "not asked; all is from this clone alone"),
        Reach::NothingToPush => finding.weighs(Weight::Unknown, "it is empty; nothing can be tried yet"),
        Reach::Closed(_) => {
            finding.weighs(Weight::Unknown, "atomic pushes: not known, since no push is taken")
        }
    }
}

fn credential(ground: &Ground) -> Finding {
    let finding = part("credential", "pushes as whoever runs it, and bypasses nothing");
    match (&ground.reach, &ground.probed) {
        (Reach::Open { .. }, Some(probed)) if probed.works => finding.weighs(
            Weight::Clear,
            format!("this credential creates, moves and deletes refs (tried {})", day(probed.at)),
        ),
        (Reach::Open { .. }, Some(probed)) => finding
            .weighs(Weight::Open, format!("a probe found what stops a release ({})", day(probed.at)))
            .act("allclear doctor --probe-push shows it, and tries again"),
        (Reach::Open { .. }, None) => finding.weighs(
            Weight::Unknown,
            "it may push; which branches it may move is not known without --probe-push",
        ),
        (Reach::Closed(why), _) => finding
            .weighs(Weight::Open, format!("it may not push: {}", short(why, 160)))
            .act("log in with a credential that may push, or run allclear where there is one"),
        (Reach::NotAsked | Reach::NothingToPush, _) => {
            finding.weighs(Weight::Unknown, "not known: nothing was tried")
        }
    }
}

fn record(ground: &Ground) -> Finding {
    let finding = part("ledger", "keeps its record in one ref of the repository, and finds a rewind of it");
    let place = ground.ledger.as_ref().map(|place| plain(place.as_str()));
    let Some(probed) = &ground.probed else {
        return match place {
            Some(place) => finding.weighs(Weight::Clear, format!("the ledger is at {place}")),
            None => finding.weighs(
                Weight::Unknown,
                "none yet; which place for it the server protects is told by --probe-push",
            ),
        };
    };
    let tried = day(probed.at);
    match (place, probed.custom, probed.branch) {
        (Some(place), custom, branch) => {
            let safe = if place.starts_with("refs/heads/") { branch } else { custom };
            if safe {
                finding.weighs(Weight::Clear, format!("the ledger is at {place}, protected ({tried})"))
            } else {
                finding.weighs(
                    Weight::Past,
                    format!("at {place}: unprotected (a rewind is detected, not prevented)"),
                )
            }
        }
        (None, true, _) => {
            finding.weighs(Weight::Clear, format!("refs/allclear/* is protected for a ledger ({tried})"))
        }
        (None, false, true) => finding
            .weighs(Weight::Clear, format!("refs/heads/allclear/* is protected for a ledger ({tried})")),
        (None, false, false) => finding.weighs(
            Weight::Past,
            "none yet; unprotected at either place (a rewind is detected, not prevented)",
        ),
    }
}

fn clock(ground: &Ground, now: Timestamp) -> Finding {
    let finding = part("clock", "measures soaks by the ledger's time, and stops where a clock is wrong");
    match ground.newest {
        None => finding.weighs(Weight::NotApplicable, "no commit to compare with"),
        Some(newest) if newest > TOLERANCE.after(now) => {
            let ahead = Seconds::between(now, newest);
            finding
                .weighs(
                    Weight::Open,
                    format!("the newest date in the history is {ahead} ahead of this clock"),
                )
                .act("one of the two is wrong; compare this clock with a time server")
        }
        Some(_) => finding.weighs(Weight::Clear, "the clock is not behind the history"),
    }
}

fn clone(ground: &Ground) -> Finding {
    let finding = part("clone", "fetches what it needs into a store of its own, and writes nothing here");
    let mut says = Vec::new();
    let mut acts = Vec::new();
    if ground.shallow {
        says.push("it is shallow: what lies before its first commits is not known".to_owned());
        acts.push("git fetch --unshallow --tags");
    }
    if ground.partial {
        says.push("it is partial: patches and files that are not here are not read".into());
    }
    if ground.behind > 0 {
        says.push(format!("it lacks {} of the server as they are now", count(ground.behind, "ref")));
        acts.push("git fetch --tags");
    }
    if says.is_empty() {
        return finding.weighs(Weight::Clear, "the clone is whole");
    }
    let finding = finding.weighs(Weight::Unknown, says.join("; "));
    if acts.is_empty() { finding } else { finding.act(format!("{}, then again", acts[0])) }
}

fn names(ground: &Ground) -> Finding {
    let finding = part("names", "pushes by full names from private refs, and is not misled");
    if ground.traps.is_empty() {
        return finding.weighs(Weight::Clear, "no name is a trap");
    }
    let evidence: Vec<Evidence> = ground
        .traps
        .iter()
        .map(|trap| Evidence {
            about: short(trap.name.as_str(), 60),
            text: format!("{}: {}", short(trap.name.as_str(), 60), short(&trap.why, 120)),
            ..Evidence::default()
        })
        .collect();
    let names =
        if evidence.len() == 1 { "1 name is".into() } else { format!("{} names are", evidence.len()) };
    finding.weighs(Weight::Past, format!("{names} a trap for people and tools")).shown_by(evidence)
}

fn leftovers(ground: &Ground) -> Finding {
    let finding = part("probes", "deletes what its probes make, and names what it could not");
    if ground.leftovers.is_empty() {
        return finding.weighs(Weight::NotApplicable, "no probe left anything");
    }
    let names = ground.leftovers.iter().map(|name| Evidence {
        about: short(name.as_str(), 80),
        text: short(name.as_str(), 80),
        ..Evidence::default()
    });
    let summary = format!("an earlier probe left {} on the server", count(ground.leftovers.len(), "ref"));
    // A command that is cut is none.
    let command = ground.delete.clone().filter(|command| command.chars().count() <= 73);
    finding
        .weighs(Weight::Open, summary)
        .shown_by(names.collect())
        .act(command.unwrap_or_else(|| "delete them; the command is in allclear doctor --json".into()))
}
