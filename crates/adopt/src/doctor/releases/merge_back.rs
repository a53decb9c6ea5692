//! Whether develop has all that stable has.

use super::past::Past;
use crate::doctor::date::day_of;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::types::text::{count, short};

pub(super) fn judge(past: &Past) -> Judgement {
    let (Some(stable), Some(develop)) = (&past.stable, &past.develop) else {
        return Judgement::not_applicable("one long-lived branch: nothing to merge back");
    };
    let commits = &past.commits;
    let (names, tips) = ((short(&stable.name, 30), short(&develop.name, 30)), (stable, develop));
    let found = commits.find(&tips.0.commit).zip(commits.find(&tips.1.commit));
    let Some((stable, develop)) = found else {
        return Judgement::unknown("not known: this clone does not have both branches; git fetch");
    };
    let (on_stable, on_develop) = (commits.reach([stable]), commits.reach([develop]));
    let mut missing: Vec<usize> =
        (0..commits.all().len()).filter(|n| on_stable[*n] && !on_develop[*n]).collect();
    if missing.is_empty() {
        return Judgement::clear(format!("{} contains {}", names.1, names.0));
    }
    if !(0..commits.all().len()).any(|n| on_stable[n] && on_develop[n]) {
        if past.shallow {
            let summary = format!("not known: no commit that {} and {} share is here", names.0, names.1);
            return Judgement::unknown(summary);
        }
        let summary = format!("{} and {} share no commit: one of them was rewritten", names.0, names.1);
        return Judgement::open(summary).act(format!(
            "decide which one is the history: {} is at {}, {} at {}",
            names.0,
            tips.0.commit.short(),
            names.1,
            tips.1.commit.short()
        ));
    }
    missing.sort_by_key(|n| std::cmp::Reverse(commits.at(*n).at));
    let evidence = missing
        .iter()
        .take(50)
        .map(|n| {
            let commit = commits.at(*n);
            Evidence {
                about: names.0.clone(),
                text: format!("{} {}", commit.id.short(), day_of(commit.at)),
                commits: vec![commit.id.clone()],
                at: jiff::Timestamp::from_second(commit.at).ok(),
            }
        })
        .collect();
    let n = missing.len();
    let summary = format!("{} lacks {} of {}", names.1, count(n, "commit"), names.0);
    Judgement::open(summary)
        .shown_by(evidence)
        .act(format!("allclear doctor --repair-history prepares merging {} into {}", names.0, names.1))
}
