//! Finds candidates on stable that no entry says are released: recognised by the shape in which they came.

use crate::look::promotion::recompute::named_entry;
use crate::{Engine, Refusal};
use allclear_core::facts::Landing;
use allclear_core::history::graph::Graph;
use allclear_core::ledger::promotion::Shape;
use allclear_core::port::Refs;
use allclear_core::project::{Candidate, Project};
use allclear_core::types::text::plain;
use allclear_core::{CommitId, RefName, Version};
use std::collections::{BTreeMap, BTreeSet};

/// How many commits of stable are looked at, from its newest on.
const LOOKED_AT: usize = 200;

/// What a commit of stable makes of a candidate.
struct Found {
    rc: CommitId,
    shape: Shape,
    /// Stable before it.
    base: CommitId,
}

/// A candidate beside what stable got since the last release and since the cut.
struct Arrivals<'a> {
    graph: &'a Graph,
    /// The new commits, from the newest on along first parents.
    chain: Vec<&'a CommitId>,
    /// What stable had before.
    known: Vec<&'a CommitId>,
    /// The candidate's rcs, the newest first.
    rcs: Vec<&'a CommitId>,
    trees: BTreeMap<CommitId, CommitId>,
}

impl Engine<'_> {
    /// Finds the candidates of which stable got an rc that no entry tells of, and how.
    pub(in crate::look) fn landings(
        &self,
        refs: &Refs,
        project: &Project,
        graph: &Graph,
        stable: Option<&CommitId>,
    ) -> Result<BTreeMap<Version, Landing>, Refusal> {
        let mut found = BTreeMap::new();
        let Some(stable) = stable else { return Ok(found) };
        for (version, candidate) in project.candidates.iter().filter(|(_, c)| c.promoted.is_none()) {
            let landing = self.landing(refs, project, graph, candidate, stable)?;
            found.extend(landing.map(|landing| (*version, landing)));
        }
        Ok(found)
    }

    fn landing(
        &self,
        refs: &Refs,
        project: &Project,
        graph: &Graph,
        candidate: &Candidate,
        tip: &CommitId,
    ) -> Result<Option<Landing>, Refusal> {
        let newest = project.releases.values().max_by_key(|release| release.at);
        let newest = newest.map(|release| &release.stable).filter(|id| graph.contains(tip, id));
        let known: Vec<&CommitId> = newest.into_iter().chain([&candidate.cut.stable]).collect();
        let chain = first_parents(graph, tip, &graph.only(tip, &known).into_iter().collect());
        // An rc without its tag is only told of: whoever writes to the record alone has no tags.
        let tagged =
            candidate.rcs.iter().rev().filter(|rc| refs.get(&RefName::tag(&rc.tag)) == Some(&rc.object));
        let rcs: Vec<&CommitId> = tagged.map(|rc| &rc.commit).collect();
        if chain.is_empty() || rcs.is_empty() {
            return Ok(None);
        }
        let asked: Vec<CommitId> = chain.iter().chain(&rcs).map(|id| (*id).clone()).collect();
        let trees = asked.iter().cloned().zip(self.repo.trees(&asked)?).collect();
        let stable = Arrivals { graph, chain, known, rcs, trees };
        let found = (0..stable.chain.len()).find_map(|at| Some((at, stable.shape(at)?)));
        let Some((at, Found { rc, shape, base })) = found else { return Ok(None) };
        let commit = stable.chain[at].clone();
        let name = RefName::tag(&candidate.cut.tags.release(candidate.cut.version));
        let object = refs.get(&name);
        let leads_there = refs.commit(&name) == Some(&commit);
        let tag = match object.filter(|_| leads_there) {
            Some(object) => {
                let text = self.repo.objects(std::slice::from_ref(object))?.pop().unwrap_or_default();
                Some((object.clone(), named_entry(&text).map(plain)))
            }
            None => None,
        };
        Ok(Some(Landing {
            same_tree: stable.trees.get(&commit) == stable.trees.get(&rc),
            tip: at == 0,
            late: refs.get(&candidate.cut.branch.to_ref()).is_some_and(|head| *head != rc),
            by: graph.commits.get(&commit).map(|info| plain(&info.author)).unwrap_or_default(),
            foreign_tag: object.is_some() && !leads_there,
            commit,
            base,
            rc,
            shape,
            tag,
        }))
    }
}

impl Arrivals<'_> {
    fn parents(&self, id: &CommitId) -> &[CommitId] {
        self.graph.commits.get(id).map_or(&[], |info| &info.parents)
    }

    /// Tells whether a commit of the chain brought an rc, and in which shape.
    fn shape(&self, at: usize) -> Option<Found> {
        let id = self.chain[at];
        let rc = |wanted: &CommitId| self.rcs.iter().find(|rc| ***rc == *wanted).map(|rc| (*rc).clone());
        if let Some(rc) = rc(id) {
            let base = self.known.first().map(|base| (*base).clone())?;
            return Some(Found { rc, shape: Shape::FastForward, base });
        }
        match self.parents(id) {
            [first, second] => Some(Found { rc: rc(second)?, shape: Shape::Merged, base: first.clone() }),
            [first] => self.made_again(at, first),
            _ => None,
        }
    }

    /// Tells whether a commit of one parent has the tree of an rc that is not behind it.
    fn made_again(&self, at: usize, parent: &CommitId) -> Option<Found> {
        let id = self.chain[at];
        let same_tree = |rc: &&&CommitId| self.trees.get(**rc) == self.trees.get(id);
        let rc = self.rcs.iter().find(same_tree).filter(|rc| !self.graph.contains(id, rc))?;
        let rc = (*rc).clone();
        let below = &self.chain[at..];
        let brought = self.graph.only(&rc, &self.known);
        let brought = brought.iter().filter(|id| self.parents(id).len() < 2).count();
        // As many commits as the rc brought: each was made again.
        let last = below.last().and_then(|id| self.parents(id).first());
        Some(match last.filter(|_| below.len() > 1 && below.len() == brought) {
            Some(base) => Found { rc, shape: Shape::Rebased, base: base.clone() },
            None => Found { rc, shape: Shape::Squashed, base: parent.clone() },
        })
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
