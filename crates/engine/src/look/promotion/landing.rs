//! Finds candidates on stable that no entry says are released: recognised by the shape in which they came.

use crate::look::promotion::recompute::named_entry;
use crate::{Engine, Refusal};
use allclear_core::facts::Landing;
use allclear_core::history::graph::Graph;
use allclear_core::ledger::promotion::Shape;
use allclear_core::port::Refs;
use allclear_core::project::{Candidate, Project};
use allclear_core::types::text::plain;
use allclear_core::{CommitId, RefName};
use std::collections::{BTreeMap, BTreeSet};

/// How many commits of stable are looked at, from its newest on.
const LOOKED_AT: usize = 200;

impl Engine<'_> {
    /// Finds how stable got an rc of a candidate, if it did since the last release and since the cut.
    pub(in crate::look) fn landing(
        &self,
        refs: &Refs,
        graph: &Graph,
        project: &Project,
        candidate: &Candidate,
        stable: &CommitId,
    ) -> Result<Option<Landing>, Refusal> {
        let newest =
            project.releases.values().max_by_key(|release| release.at).map(|release| &release.stable);
        let known: Vec<&CommitId> = newest.into_iter().chain([&candidate.cut.stable]).collect();
        let fresh: BTreeSet<CommitId> = graph.only(stable, &known).into_iter().collect();
        let chain = first_parents(graph, stable, &fresh);
        let rcs: Vec<&CommitId> = candidate.rcs.iter().rev().map(|rc| &rc.commit).collect();
        if chain.is_empty() || rcs.is_empty() {
            return Ok(None);
        }
        let mut asked: Vec<CommitId> = chain.iter().map(|id| (*id).clone()).collect();
        asked.extend(rcs.iter().map(|id| (*id).clone()));
        let trees = self.repo.trees(&asked)?;
        let tree: BTreeMap<&CommitId, &CommitId> = asked.iter().zip(&trees).collect();
        let parents = |id: &CommitId| graph.commits.get(id).map_or(&[][..], |info| &info.parents[..]);
        let base = newest.filter(|id| graph.contains(stable, id)).unwrap_or(&candidate.cut.stable);
        let shape = |(at, id): (usize, &&CommitId)| {
            let rc = |wanted: &CommitId| rcs.iter().find(|rc| ***rc == *wanted).map(|rc| (*rc).clone());
            let same_tree = || rcs.iter().find(|rc| tree.get(*rc) == tree.get(*id)).map(|rc| (*rc).clone());
            if let Some(rc) = rc(id) {
                return Some((at, rc, Shape::FastForward, base.clone()));
            }
            match parents(id) {
                [first, second] => rc(second).map(|rc| (at, rc, Shape::Merged, first.clone())),
                [first] => {
                    let rc = same_tree().filter(|rc| !graph.contains(id, rc))?;
                    let below = &chain[at..];
                    let brought = graph.only(&rc, &known);
                    let brought = brought.iter().filter(|id| parents(id).len() < 2).count();
                    // As many commits as the rc brought: each was made again.
                    let again = below.len() > 1 && below.len() == brought;
                    let last = below.last().and_then(|id| parents(id).first());
                    Some(match last.filter(|_| again) {
                        Some(base) => (at, rc, Shape::Rebased, base.clone()),
                        None => (at, rc, Shape::Squashed, first.clone()),
                    })
                }
                _ => None,
            }
        };
        let Some((at, rc, shape, base)) = chain.iter().enumerate().find_map(shape) else { return Ok(None) };
        let commit = chain[at].clone();
        let name = RefName::tag(&candidate.cut.tags.release(candidate.cut.version));
        let leads_there = refs.commit(&name) == Some(&commit);
        let tag = match refs.get(&name).filter(|_| leads_there) {
            Some(object) => {
                let text = self.repo.objects(std::slice::from_ref(object))?.pop().unwrap_or_default();
                Some((object.clone(), named_entry(&text).map(plain)))
            }
            None => None,
        };
        Ok(Some(Landing {
            same_tree: tree.get(&commit) == tree.get(&rc),
            tip: commit == *stable,
            by: graph.commits.get(&commit).map(|info| plain(&info.author)).unwrap_or_default(),
            foreign_tag: refs.get(&name).is_some() && !leads_there,
            commit,
            base,
            rc,
            shape,
            tag,
        }))
    }
}

/// Lists what stable has that is `fresh`, from its tip along first parents.
fn first_parents<'a>(graph: &'a Graph, tip: &'a CommitId, fresh: &BTreeSet<CommitId>) -> Vec<&'a CommitId> {
    let mut chain = Vec::new();
    let mut next = Some(tip);
    while let Some(id) = next.filter(|id| fresh.contains(*id) && chain.len() < LOOKED_AT) {
        chain.push(id);
        next = graph.commits.get(id).and_then(|info| info.parents.first());
    }
    chain
}
