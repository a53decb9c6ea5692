//! Releases that were squash- or rebase-merged: the same changes on both branches, under other ids.

use super::past::{PATCHES, Past};
use crate::doctor::finding::{Evidence, Judgement};
use crate::doctor::tags::Release;
use allclear_core::CommitId;
use allclear_core::port::history::{Commit, Set};
use allclear_core::types::text::{count, short};
use std::collections::HashMap;

/// How many commits with the same author date are compared with one.
const LOOKALIKES: usize = 4;

/// A commit of a release, and one on develop that may be the same change.
struct Pair {
    released: usize,
    develop: usize,
}

/// What one release may have been made of.
struct Suspect<'a> {
    release: &'a Release,
    /// How many commits that are not merges are new in it.
    new: usize,
    /// Pairs that agree in author date.
    pairs: Vec<Pair>,
    /// A commit with the very tree of one on develop, and how many commits of develop that one brings.
    squash: Option<(Pair, usize)>,
}

fn suspects(past: &Past) -> Vec<Suspect<'_>> {
    let commits = &past.commits;
    let Some(develop) = past.develop.as_ref().and_then(|tip| commits.find(&tip.commit)) else {
        return Vec::new();
    };
    let on_develop = commits.reach([develop]);
    let last = past.tags.last();
    let older = past.tags.releases[last.len()..].iter().filter_map(|r| commits.find(&r.commit));
    let mut seen: Set = commits.reach(older);
    // Oldest first: what a release brings is what no earlier one had.
    let fresh: Vec<(&Release, usize, Vec<usize>)> = last
        .iter()
        .rev()
        .filter_map(|release| {
            let at = commits.find(&release.commit)?;
            Some((release, at, commits.extend(&mut seen, [at])))
        })
        .collect();
    let mut authored: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut trees: HashMap<&CommitId, Vec<usize>> = HashMap::new();
    for n in fresh.iter().flat_map(|(.., new)| new) {
        let commit = commits.at(*n);
        if commit.fan == 1 {
            authored.entry(commit.authored).or_default();
            trees.entry(&commit.tree).or_default();
        }
    }
    for (n, commit) in commits.all().iter().enumerate().filter(|(n, _)| on_develop[*n]) {
        if commit.fan == 1
            && let Some(list) = authored.get_mut(&commit.authored)
        {
            list.push(n);
        }
        if let Some(list) = trees.get_mut(&commit.tree) {
            list.push(n);
        }
    }
    let changes = |commit: &Commit| commit.parents.first().is_none_or(|p| commits.at(*p).tree != commit.tree);
    let mut found: Vec<Suspect<'_>> = fresh
        .into_iter()
        .map(|(release, at, new)| {
            let inside = commits.reach([at]);
            let new: Vec<usize> = new.into_iter().filter(|n| commits.at(*n).fan == 1).collect();
            let outside =
                |list: &[usize]| -> Vec<usize> { list.iter().copied().filter(|n| !inside[*n]).collect() };
            let mut pairs = Vec::new();
            let mut squash = None;
            for &n in &new {
                let commit = commits.at(n);
                let lookalikes = outside(&authored[&commit.authored]);
                pairs.extend(lookalikes.iter().take(LOOKALIKES).map(|d| Pair { released: n, develop: *d }));
                if lookalikes.is_empty()
                    && squash.is_none()
                    && changes(commit)
                    && let Some(&develop) = outside(&trees[&commit.tree]).first()
                {
                    let brings = commits.extend(&mut inside.clone(), [develop]);
                    let brings = brings.iter().filter(|n| commits.at(**n).fan == 1).count();
                    squash = (brings > 1).then_some((Pair { released: n, develop }, brings));
                }
            }
            Suspect { release, new: new.len(), pairs, squash }
        })
        .collect();
    found.reverse();
    found
}

/// Names the commits whose patches tell copies from look-alikes.
pub(super) fn wanted(past: &Past) -> Vec<CommitId> {
    let mut wanted = Vec::new();
    for suspect in suspects(past).iter().filter(|s| s.pairs.len() * 2 >= s.new) {
        for pair in &suspect.pairs {
            wanted.extend([pair.released, pair.develop].map(|n| past.commits.at(n).id.clone()));
        }
        if wanted.len() > PATCHES {
            break;
        }
    }
    wanted.truncate(PATCHES);
    wanted
}

pub(super) fn judge(past: &Past) -> Judgement {
    let (Some(_), Some(develop)) = (&past.stable, &past.develop) else {
        return Judgement::not_applicable("one long-lived branch: nothing to duplicate");
    };
    if past.tags.last().is_empty() {
        return Judgement::not_applicable("no release");
    }
    let Some(patches) = &past.patches else {
        return Judgement::unknown("not known: this clone lacks files of the history");
    };
    let commits = &past.commits;
    let patch = |n: usize| patches.get(&commits.at(n).id);
    let mut evidence = Vec::new();
    let mut open = false;
    let on_develop = commits.find(&develop.commit).map(|tip| commits.reach([tip]));
    let lacks = |n: usize| on_develop.as_ref().is_some_and(|set| !set[n]);
    for suspect in suspects(past) {
        let mut same: Vec<&Pair> = suspect
            .pairs
            .iter()
            .filter(|p| patch(p.released).is_some_and(|a| Some(a) == patch(p.develop)))
            .collect();
        same.dedup_by_key(|pair| pair.released);
        // One or two are fixes that were picked; where most are the same, all were copied.
        let rebased = same.len() >= 2 && same.len() * 2 >= suspect.new;
        let (text, pair) = if rebased {
            let pair = same[0];
            let text = format!(
                "{}: {} of its {} are on {} under other ids, {} = {}",
                short(&suspect.release.tag, 30),
                same.len(),
                count(suspect.new, "commit"),
                short(&develop.name, 30),
                commits.at(pair.released).id.short(),
                commits.at(pair.develop).id.short()
            );
            (text, pair)
        } else if let Some((pair, brings)) = &suspect.squash {
            let text = format!(
                "{}: {} is the tree of {} on {}, without its {}",
                short(&suspect.release.tag, 30),
                commits.at(pair.released).id.short(),
                commits.at(pair.develop).id.short(),
                short(&develop.name, 30),
                count(*brings, "commit")
            );
            (text, pair)
        } else {
            continue;
        };
        open |= lacks(pair.released);
        let pairs = if rebased { same } else { vec![pair] };
        evidence.push(Evidence {
            about: short(&suspect.release.tag, 40),
            text,
            commits: pairs
                .iter()
                .flat_map(|p| [p.released, p.develop])
                .map(|n| commits.at(n).id.clone())
                .collect(),
            at: Some(suspect.release.at),
        });
    }
    if evidence.is_empty() {
        return Judgement::clear("no release was squash- or rebase-merged");
    }
    let summary =
        format!("{} of {} duplicated the history", evidence.len(), count(past.tags.last().len(), "release"));
    if open {
        let act = "the merge that --repair-history prepares for merge-back heals this too";
        Judgement::open(summary).shown_by(evidence).act(act)
    } else {
        Judgement::past(summary).shown_by(evidence)
    }
}
