//! Fixes that were left on release branches: in no release, not on stable, not on develop, and no
//! change there is the same. One of the same author date and subject counts as the same, adapted.

use super::past::{PATCHES, Past, Tip, Wanted};
use crate::doctor::date::day_of;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::Seconds;
use allclear_core::port::history::Set;
use allclear_core::types::text::{count, short};
use std::collections::HashMap;

/// How long a commit on a maintenance branch waits for its release before it counts as left: 90 days.
const PATIENCE: Seconds = Seconds(90 * 24 * 3600);
/// With how many commits of the same author date or subject one is compared.
const LOOKALIKES: usize = 6;
/// The most commits of one branch that are looked at, newest first.
const COMMITS: usize = 60;

/// A branch whose version is released, and what nobody else has of it.
struct Unmerged<'a> {
    tip: &'a Tip,
    own: Vec<usize>,
}

/// What stable, develop and all releases contain.
fn contained(past: &Past) -> Option<Set> {
    let commits = &past.commits;
    let trunk = past.stable.iter().chain(&past.develop).map(|tip| &tip.commit);
    let mut tips: Vec<usize> = trunk.filter_map(|id| commits.find(id)).collect();
    if tips.is_empty() {
        return None;
    }
    tips.extend(past.tags.releases.iter().filter_map(|r| commits.find(&r.commit)));
    Some(commits.reach(tips))
}

fn unmerged<'a>(past: &'a Past, contained: &Set) -> Vec<Unmerged<'a>> {
    let commits = &past.commits;
    let now = past.now.as_second();
    let mut found = Vec::new();
    for (tip, line) in &past.lines {
        let Some(at) = commits.find(&tip.commit).filter(|at| !contained[*at]) else { continue };
        if !past.tags.releases.iter().any(|r| line.has(r.version)) {
            continue;
        }
        let fresh = commits.extend(&mut contained.clone(), [at]);
        let mut own: Vec<usize> = fresh.into_iter().filter(|n| commits.at(*n).fan == 1).collect();
        own.sort_by_key(|n| std::cmp::Reverse(commits.at(*n).at));
        let newest = own.first().map_or(now, |n| commits.at(*n).at);
        let over = line.patch.is_some() || newest < now - PATIENCE.0 as i64;
        if over && !own.is_empty() {
            found.push(Unmerged { tip, own });
        }
    }
    found.sort_by_key(|branch| std::cmp::Reverse(commits.at(branch.own[0]).at));
    found
}

/// Pairs unreleased commits with commits elsewhere that may be the same change.
fn lookalikes(past: &Past, branches: &[Unmerged<'_>], contained: &Set) -> HashMap<usize, Vec<usize>> {
    let commits = &past.commits;
    let mut authored: HashMap<i64, Vec<usize>> = HashMap::new();
    let mut subjects: HashMap<u64, Vec<usize>> = HashMap::new();
    let own = || branches.iter().flat_map(|l| l.own.iter().take(COMMITS).copied());
    for n in own() {
        authored.entry(commits.at(n).authored).or_default();
        subjects.entry(commits.at(n).subject).or_default();
    }
    if authored.is_empty() {
        return HashMap::new();
    }
    for (n, commit) in commits.all().iter().enumerate().filter(|(n, _)| contained[*n]) {
        for list in
            [authored.get_mut(&commit.authored), subjects.get_mut(&commit.subject)].into_iter().flatten()
        {
            if list.len() < LOOKALIKES {
                list.push(n);
            }
        }
    }
    let of = |n: usize| {
        let commit = commits.at(n);
        authored[&commit.authored].iter().chain(&subjects[&commit.subject]).copied().collect()
    };
    own().map(|n| (n, of(n))).collect()
}

/// Tells whether one of the lookalikes was written at the same second under the same subject: it is the same
/// change, adapted to where it stands.
fn adapted(past: &Past, n: usize, lookalikes: &HashMap<usize, Vec<usize>>) -> bool {
    let key = |n: usize| (past.commits.at(n).authored, past.commits.at(n).subject);
    lookalikes.get(&n).is_some_and(|list| list.iter().any(|r| key(*r) == key(n)))
}

/// Names the commits whose patches and subjects are needed.
pub(super) fn wanted(past: &Past) -> Wanted {
    let Some(contained) = contained(past) else { return Wanted::default() };
    let branches = unmerged(past, &contained);
    let lookalikes = lookalikes(past, &branches, &contained);
    let id = |n: &usize| past.commits.at(*n).id.clone();
    let mut wanted = Wanted::default();
    for n in branches.iter().flat_map(|l| l.own.iter().take(COMMITS)) {
        if adapted(past, *n, &lookalikes) {
            continue;
        }
        if let Some(lookalikes) =
            lookalikes.get(n).filter(|r| !r.is_empty() && wanted.patches.len() < PATCHES)
        {
            wanted.patches.push(id(n));
            wanted.patches.extend(lookalikes.iter().map(id));
        }
        wanted.subjects.push(id(n));
    }
    wanted
}

pub(super) fn judge(past: &Past) -> Judgement {
    if past.lines.is_empty() {
        return Judgement::not_applicable("no release branch");
    }
    let Some(contained) = contained(past) else { return Judgement::not_applicable("no stable branch") };
    let all = unmerged(past, &contained);
    let lookalikes = lookalikes(past, &all, &contained);
    let commits = &past.commits;
    let patch = |n: &usize| past.patches.as_ref()?.get(&commits.at(*n).id);
    let picked = |n: &usize| {
        let own = patch(n);
        own.is_some() && lookalikes.get(n).is_some_and(|list| list.iter().any(|r| patch(r) == own))
    };
    let mut evidence = Vec::new();
    let mut total = 0;
    for branch in &all {
        let own: Vec<usize> = branch
            .own
            .iter()
            .take(COMMITS)
            .copied()
            .filter(|n| !adapted(past, *n, &lookalikes) && !picked(n))
            .collect();
        let Some(newest) = own.first().map(|n| commits.at(*n)) else { continue };
        total += own.len();
        let name = short(&branch.tip.name, 40);
        let subject =
            past.subjects.get(&newest.id).map_or_else(String::new, |s| format!(" \"{}\"", short(s, 40)));
        let more = if branch.own.len() > COMMITS { "at least " } else { "" };
        evidence.push(Evidence {
            text: format!(
                "{name}: {more}{}, {} {}{subject}",
                count(own.len(), "commit"),
                newest.id.short(),
                day_of(newest.at)
            ),
            about: name,
            commits: own.iter().map(|n| commits.at(*n).id.clone()).collect(),
            at: jiff::Timestamp::from_second(newest.at).ok(),
        });
    }
    if evidence.is_empty() {
        return Judgement::clear("no fix was left on a release branch");
    }
    if past.patches.is_none() {
        let summary = "not known: this clone lacks the files that tell which fixes were picked";
        return Judgement::unknown(summary).shown_by(evidence);
    }
    let branches =
        if evidence.len() == 1 { "1 branch".into() } else { format!("{} branches", evidence.len()) };
    let has = if evidence.len() == 1 { "has" } else { "have" };
    let summary = format!(
        "{branches} of released versions {has} {} that nothing else contains",
        count(total, "commit")
    );
    let trunk = past.develop.as_ref().or(past.stable.as_ref()).map_or("develop", |tip| &tip.name);
    Judgement::open(summary)
        .shown_by(evidence)
        .act(format!("pick what is still wanted to {}, then delete the branch", short(trunk, 30)))
}
