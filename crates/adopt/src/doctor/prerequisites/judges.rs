//! The findings about what allclear needs, one function each.

use super::observed::Prerequisites;
use crate::doctor::date::day;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::Seconds;
use allclear_core::port::history::Reach;
use allclear_core::types::text::{count, plain, short};
use jiff::Timestamp;

/// The oldest git whose merge is used: 2.38 began `merge-tree --write-tree`, 2.39 is tried.
const GIT: (u64, u64) = (2, 39);

/// Whether this git is new enough.
pub(super) fn git(seen: &Prerequisites) -> Judgement {
    let version = seen.git.trim_start_matches("git version ").trim();
    let mut numbers = version.split(['.', ' ']).map(|n| n.parse::<u64>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= GIT => {
            Judgement::clear(format!("git {}", short(version, 30)))
        }
        (Some(_), Some(_)) => {
            Judgement::open(format!("git {} is too old", short(version, 30))).act("install git 2.39 or newer")
        }
        _ => Judgement::unknown(format!("`{}` is not a known version", short(&seen.git, 40))),
    }
}

/// Whether the server can be read, and takes atomic pushes.
pub(super) fn server(seen: &Prerequisites) -> Judgement {
    if let Some(why) = &seen.unreachable {
        let why = vec![Evidence { text: short(why, 300), ..Evidence::default() }];
        return Judgement::open("it cannot be read; everything here is from this clone alone")
            .shown_by(why)
            .act("check the connection, the address and the login");
    }
    match &seen.reach {
        Reach::Open { atomic: true } => Judgement::clear("atomic pushes are advertised"),
        Reach::Open { atomic: false } => {
            Judgement::open("the server does not support atomic pushes, which a promotion needs")
                .act("use a server that supports git push --atomic")
        }
        Reach::NotAsked => Judgement::unknown("not asked; everything here is from this clone alone"),
        Reach::NothingToPush => Judgement::unknown("it is empty; nothing can be tried yet"),
        Reach::Closed(_) => Judgement::unknown("atomic pushes: not known, since no push is taken"),
    }
}

/// Whether this credential may push what a release moves.
pub(super) fn credential(seen: &Prerequisites) -> Judgement {
    match (&seen.reach, &seen.probed) {
        (Reach::Open { .. }, Some(probed)) if probed.works => Judgement::clear(format!(
            "this credential creates, moves and deletes refs (tried {})",
            day(probed.at)
        )),
        (Reach::Open { .. }, Some(probed)) => {
            Judgement::open(format!("a probe found something that stops a release ({})", day(probed.at)))
                .act("allclear doctor --probe-push shows it, and tries again")
        }
        (Reach::Open { .. }, None) => {
            Judgement::unknown("it may push; which branches it may move is not known without --probe-push")
        }
        (Reach::Closed(why), _) => Judgement::open(format!("it may not push: {}", short(why, 160)))
            .act("log in with a credential that may push, or run allclear where there is one"),
        (Reach::NotAsked | Reach::NothingToPush, _) => Judgement::unknown("not known: nothing was tried"),
    }
}

/// Where the ledger is, and whether the server protects it.
pub(super) fn ledger(seen: &Prerequisites) -> Judgement {
    let place = seen.ledger.as_ref().map(|place| plain(place.as_str()));
    let Some(probed) = &seen.probed else {
        return match place {
            Some(place) => Judgement::clear(format!("the ledger is at {place}")),
            None => Judgement::unknown("none yet; --probe-push finds out where the server would protect it"),
        };
    };
    let tried = day(probed.at);
    match (place, probed.custom, probed.branch) {
        (Some(place), custom, branch) => {
            let safe = if place.starts_with("refs/heads/") { branch } else { custom };
            if safe {
                Judgement::clear(format!("the ledger is at {place}, protected ({tried})"))
            } else {
                Judgement::past(format!("at {place}: unprotected (a rewind is detected, not prevented)"))
            }
        }
        (None, true, _) => Judgement::clear(format!("refs/allclear/* is protected for a ledger ({tried})")),
        (None, false, true) => {
            Judgement::clear(format!("refs/heads/allclear/* is protected for a ledger ({tried})"))
        }
        (None, false, false) => {
            Judgement::past("none yet; unprotected at either place (a rewind is detected, not prevented)")
        }
    }
}

/// How far a clock may be behind what is already written: what the ledger tolerates.
const TOLERANCE: Seconds = Seconds(120);

/// Whether this clock is behind what is already written.
pub(super) fn clock(seen: &Prerequisites, now: Timestamp) -> Judgement {
    match seen.newest {
        None => Judgement::not_applicable("no commit to compare with"),
        Some(newest) if newest > TOLERANCE.after(now) => {
            let ahead = Seconds::between(now, newest);
            Judgement::open(format!("the newest date in the history is {ahead} ahead of this clock"))
                .act("one of the two is wrong; compare this clock with a time server")
        }
        Some(_) => Judgement::clear("the clock is not behind the history"),
    }
}

/// Whether the clone is complete and up to date.
pub(super) fn clone(seen: &Prerequisites) -> Judgement {
    let mut says = Vec::new();
    let mut acts = Vec::new();
    if seen.shallow {
        says.push("it is shallow: what lies before its first commits is not known".to_owned());
        acts.push("git fetch --unshallow --tags");
    }
    if seen.partial {
        says.push("it is partial: patches and files that are not here are not read".into());
    }
    if let Some(place) = &seen.fetched_from {
        says.push(format!("it pushes to the server and fetches from elsewhere: {}", short(place, 60)));
    }
    if seen.behind > 0 {
        says.push(format!("it lacks {} as the server has them now", count(seen.behind, "ref")));
        acts.push("git fetch --tags");
    }
    if says.is_empty() {
        return Judgement::clear("the clone is complete");
    }
    let finding = Judgement::unknown(says.join("; "));
    if acts.is_empty() { finding } else { finding.act(format!("{}, then again", acts[0])) }
}

/// Names of refs that git reads as something else.
pub(super) fn names(seen: &Prerequisites) -> Judgement {
    if seen.traps.is_empty() {
        return Judgement::clear("no name is ambiguous");
    }
    let evidence: Vec<Evidence> = seen
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
    Judgement::past(format!("{names} ambiguous for people and tools")).shown_by(evidence)
}

/// What earlier probes left on the server.
pub(super) fn probes(seen: &Prerequisites) -> Judgement {
    if seen.leftovers.is_empty() {
        return Judgement::not_applicable("no probe left anything");
    }
    let names = seen.leftovers.iter().map(|name| Evidence {
        about: short(name.as_str(), 80),
        text: short(name.as_str(), 80),
        ..Evidence::default()
    });
    let summary = format!("an earlier probe left {} on the server", count(seen.leftovers.len(), "ref"));
    // A command that is cut off cannot be run.
    let command = seen.delete.clone().filter(|command| command.chars().count() <= 73);
    Judgement::open(summary)
        .shown_by(names.collect())
        .act(command.unwrap_or_else(|| "delete them; the command is in allclear doctor --json".into()))
}
