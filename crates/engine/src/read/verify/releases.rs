//! What the refs show now of the releases on record, and which releases are not on record.

use super::verification::ReleaseTruth;
use crate::{Engine, Snapshot};
use allclear_core::history::graph::Graph;
use allclear_core::port::Refs;
use allclear_core::project::{Promoted, Rc};
use allclear_core::types::text::plain;
use allclear_core::verify::{self, Audit, Claim, Truth};
use allclear_core::{CommitId, RefName, Version};
use std::collections::HashSet;

impl Engine<'_> {
    /// Puts beside the sealed claims what the refs show now, and adds the releases that are not on record.
    pub(super) fn releases(&self, snapshot: &Snapshot, audit: &Audit) -> Vec<ReleaseTruth> {
        let (refs, facts) = (&snapshot.refs, &snapshot.facts);
        let branches = [facts.stable.clone(), facts.develop.clone()];
        let mut tips: Vec<CommitId> = branches.iter().flatten().chain(&audit.began).cloned().collect();
        tips.extend(audit.releases.iter().map(|audited| audited.promoted.promotion.new_stable.clone()));
        let graph = self.repo.graph(&tips).ok();
        let reach = Reach::of(graph.as_ref(), &branches);
        let mut releases: Vec<ReleaseTruth> = audit
            .releases
            .iter()
            .map(|audited| {
                let promoted = &audited.promoted;
                let promotion = &promoted.promotion;
                let mut claims = vec![
                    Claim::new("tag", published(refs, &promotion.tag, &promotion.new_tag)),
                    Claim::new("stable", reach.has(0, &promotion.new_stable)),
                    Claim::new("develop", reach.has(1, &promotion.new_stable)),
                    Claim::new("published rcs", rcs(refs, &audited.rcs)),
                ];
                claims.extend(audited.sealed.clone().unwrap_or_default());
                ReleaseTruth {
                    version: audited.version,
                    tag: promotion.tag.clone(),
                    at: Some(promoted.at),
                    by: Some((promoted.by.clone(), promoted.level.clone())),
                    completed: completed(promoted),
                    gates: verify::recorded(promoted).map(|facts| facts.gates).unwrap_or_default(),
                    voices: audited.voices.clone(),
                    claims,
                }
            })
            .collect();
        let baseless = audit.baseless.iter().map(|(version, entry)| {
            let why = format!("entry {} promotes it, and no such candidate was open", entry.short());
            (*version, "record", why)
        });
        // A candidate that is not what the branches say was never cut.
        let void = facts
            .candidates
            .iter()
            .filter_map(|(version, seen)| Some((*version, "cut", seen.unfounded.as_ref()?.why())));
        releases.extend(baseless.chain(void).map(|(version, about, why)| ReleaseTruth {
            claims: vec![Claim::new(about, Truth::DoesNotHold(why))],
            ..ReleaseTruth::unproven(version, facts.tags.release(version))
        }));
        let audited: HashSet<Version> = audit.releases.iter().map(|audited| audited.version).collect();
        for (version, commit) in facts.released.iter().filter(|(version, _)| !audited.contains(version)) {
            let truth = if reach.came_later(commit, audit.began.as_ref()) {
                Truth::DoesNotHold(
                    "it is on stable and not on record: it was released without allclear".into(),
                )
            } else {
                Truth::CannotBeChecked("before the record".into())
            };
            releases.push(ReleaseTruth {
                claims: vec![Claim::new("record", truth)],
                ..ReleaseTruth::unproven(*version, facts.tags.release(*version))
            });
        }
        releases.sort_by_key(|release| std::cmp::Reverse(release.version));
        releases
    }
}

/// What stable and develop have, found once for all releases.
struct Reach<'a> {
    graph: Option<&'a Graph>,
    branches: Vec<Option<(CommitId, HashSet<CommitId>)>>,
}

impl<'a> Reach<'a> {
    fn of(graph: Option<&'a Graph>, branches: &[Option<CommitId>]) -> Self {
        let all = |tip: &CommitId| Some((tip.clone(), graph?.only(tip, &[]).into_iter().collect()));
        Self { graph, branches: branches.iter().map(|tip| all(tip.as_ref()?)).collect() }
    }

    /// Tells whether stable (0) or develop (1) has a commit.
    fn has(&self, branch: usize, commit: &CommitId) -> Truth {
        let name = ["stable", "develop"][branch];
        match (self.graph, &self.branches[branch]) {
            (Some(graph), Some((tip, all))) => {
                let common = graph.common.contains(commit);
                Truth::when(tip == commit || common || all.contains(commit), || {
                    format!("{name} ({}) does not contain {}", tip.short(), commit.short())
                })
            }
            (Some(_), None) => Truth::DoesNotHold(format!("{name} is gone from the server")),
            (None, _) => Truth::CannotBeChecked("the history is incomplete here".into()),
        }
    }

    /// Tells whether a commit came to stable after the first cut saw it.
    fn came_later(&self, commit: &CommitId, began: Option<&CommitId>) -> bool {
        let (Some(graph), Some(began), Some((_, stable))) = (self.graph, began, &self.branches[0]) else {
            return false;
        };
        stable.contains(commit) && !graph.contains(began, commit)
    }
}

/// Says what was not as usual about a promotion.
fn completed(promoted: &Promoted) -> Option<String> {
    let promotion = &promoted.promotion;
    let landed = promotion.landed.as_ref();
    let how = landed.map(|landed| {
        landed.shape.clause(&plain(&landed.by), &promotion.commit, promotion.stable_branch.as_str())
    });
    let why = landed.and_then(|landed| landed.reason.as_ref()).or(promoted.completed.as_ref());
    let why = why.map(|why| format!("it was completed although it was not clear: {}", plain(why)));
    let all: Vec<String> = how.into_iter().chain(why).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// Says whether a tag still is what was published.
fn published(refs: &Refs, tag: &str, object: &CommitId) -> Truth {
    match refs.get(&RefName::tag(tag)) {
        Some(now) if now == object => Truth::Holds,
        Some(now) => Truth::DoesNotHold(format!(
            "{} is at {} now; it was published as {}",
            plain(tag),
            now.short(),
            object.short()
        )),
        None => Truth::DoesNotHold(format!("{} is gone from the server", plain(tag))),
    }
}

/// Says whether the tags of rcs still are what was published. One that people tidied away proves nothing.
fn rcs(refs: &Refs, rcs: &[Rc]) -> Truth {
    let each = rcs.iter().map(|rc| match refs.get(&RefName::tag(&rc.tag)) {
        None => Truth::CannotBeChecked(format!("{} was deleted", plain(&rc.tag))),
        Some(_) => published(refs, &rc.tag, &rc.object),
    });
    each.max().unwrap_or(Truth::Holds)
}
