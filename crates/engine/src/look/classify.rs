//! Classes the commits that came on board a candidate: by type, path and patch, merges by what they bring.

use crate::{Engine, Refusal};
use allclear_core::CommitId;
use allclear_core::history::fixes::{Class, ClassedCommit, CommitSeen, Merge, classify, revert_of};
use allclear_core::history::graph::Graph;
use allclear_core::history::pick::picked_from;
use allclear_core::project::{Candidate, Project};
use allclear_core::types::text::short;
use std::collections::{BTreeMap, BTreeSet};

impl Engine<'_> {
    /// Classes the commits that came on board, newest first.
    pub(crate) fn classify_commits(
        &self,
        ids: &[CommitId],
        graph: &Graph,
        project: &Project,
        candidate: &Candidate,
        (stable, develop): (Option<&CommitId>, Option<&CommitId>),
    ) -> Result<Vec<ClassedCommit>, Refusal> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let fixes = &candidate.cut.policy.fixes;
        let merges = self.merges(ids, graph, stable)?;
        let paths = if fixes.paths.is_empty() { BTreeMap::new() } else { self.repo.paths(ids)? };
        let undone = self.undone(ids, graph)?;
        let mut seen: Vec<ClassedCommit> = Vec::new();
        let class = |id: &CommitId, twin: Option<&str>| {
            let info = &graph.commits[id];
            let merge = merges.get(id).copied().unwrap_or(Merge::No);
            let commit = CommitSeen {
                message: &info.message,
                paths: paths.get(id).map(Vec::as_slice),
                twin,
                merge,
                undone: undone.contains(id),
            };
            let (class, why) = classify(fixes, &commit);
            let subject = short(info.message.lines().next().unwrap_or_default(), 120);
            let merge = info.parents.len() > 1;
            let picked = picked_from(&info.message).last();
            ClassedCommit {
                picked,
                id: id.clone(),
                subject,
                author: short(&info.author, 80),
                merge,
                class,
                why,
            }
        };
        for id in ids {
            seen.push(class(id, None));
        }
        let open: Vec<CommitId> =
            seen.iter().filter(|c| c.class == Class::Unclassified).map(|c| c.id.clone()).collect();
        if let Some(develop) = develop.filter(|_| !open.is_empty()) {
            let twins = self.twins(&open, graph, project, develop, candidate)?;
            for commit in &mut seen {
                if let Some(twin) = twins.get(&commit.id) {
                    *commit = class(&commit.id, Some(twin));
                }
            }
        }
        Ok(seen)
    }

    /// Tells plain merges from merges with changes of their own, by merging their parents again.
    fn merges(
        &self,
        ids: &[CommitId],
        graph: &Graph,
        stable: Option<&CommitId>,
    ) -> Result<BTreeMap<CommitId, Merge>, Refusal> {
        let merges: Vec<&CommitId> = ids.iter().filter(|id| graph.commits[*id].parents.len() > 1).collect();
        if merges.is_empty() {
            return Ok(BTreeMap::new());
        }
        let pairs: Vec<(CommitId, CommitId)> = merges
            .iter()
            .map(|id| (graph.commits[*id].parents[0].clone(), graph.commits[*id].parents[1].clone()))
            .collect();
        let again = self.repo.merge(&pairs)?;
        let trees = self.repo.trees(&merges.iter().map(|id| (*id).clone()).collect::<Vec<_>>())?;
        Ok(merges
            .into_iter()
            .zip(again.into_iter().zip(trees))
            .map(|(id, (again, tree))| {
                let two = graph.commits[id].parents.len() == 2;
                let plain = two && again.is_some_and(|m| m.conflicts.is_empty() && m.tree == tree);
                let of_stable =
                    two && stable.is_some_and(|s| graph.contains(s, &graph.commits[id].parents[1]));
                let merge = match (of_stable, plain) {
                    (true, _) => Merge::OfStable,
                    (false, true) => Merge::Plain,
                    (false, false) => Merge::WithChanges,
                };
                (id.clone(), merge)
            })
            .collect())
    }

    /// Finds pairs of a commit and the revert that takes exactly its change back.
    pub(crate) fn undone(&self, ids: &[CommitId], graph: &Graph) -> Result<BTreeSet<CommitId>, Refusal> {
        let reverts: Vec<(CommitId, CommitId)> = ids
            .iter()
            .filter_map(|id| {
                revert_of(&graph.commits[id].message).filter(|of| ids.contains(of)).map(|of| (id.clone(), of))
            })
            .collect();
        if reverts.is_empty() {
            return Ok(BTreeSet::new());
        }
        let made =
            self.repo.patch_ids(&reverts.iter().map(|(by, _)| by.clone()).collect::<Vec<_>>(), false)?;
        let opposite =
            self.repo.patch_ids(&reverts.iter().map(|(_, of)| of.clone()).collect::<Vec<_>>(), true)?;
        let real = reverts
            .into_iter()
            .filter(|(by, of)| made.get(by).is_some_and(|patch| opposite.get(of) == Some(patch)));
        // Newest first: a revert that was itself taken back takes nothing back.
        let mut undone = BTreeSet::new();
        for (by, of) in real {
            if !undone.contains(&by) {
                undone.extend([by, of]);
            }
        }
        Ok(undone)
    }

    /// Finds commits of develop with the same patch that are fixes there or were accepted, by their subject.
    fn twins(
        &self,
        open: &[CommitId],
        graph: &Graph,
        project: &Project,
        develop: &CommitId,
        candidate: &Candidate,
    ) -> Result<BTreeMap<CommitId, String>, Refusal> {
        let fixes = &candidate.cut.policy.fixes;
        let there: Vec<CommitId> = graph
            .only(develop, &[&candidate.cut.head])
            .into_iter()
            .filter(|id| {
                let message = &graph.commits[id].message;
                let seen = CommitSeen { message, paths: None, twin: None, merge: Merge::No, undone: false };
                let welcome = classify(fixes, &seen).0 == Class::Fix
                    || project.acceptance(&candidate.cut.policy, id).is_some();
                graph.commits[id].parents.len() == 1 && welcome
            })
            .take(1000)
            .collect();
        if there.is_empty() {
            return Ok(BTreeMap::new());
        }
        let patches = self.repo.patch_ids(open, false)?;
        let known: BTreeMap<String, CommitId> =
            self.repo.patch_ids(&there, false)?.into_iter().map(|(id, patch)| (patch, id)).collect();
        let subject = |id: &CommitId| graph.commits[id].message.lines().next().unwrap_or_default().to_owned();
        Ok(patches.into_iter().filter_map(|(id, patch)| Some((id, subject(known.get(&patch)?)))).collect())
    }
}
