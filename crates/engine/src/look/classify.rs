//! Classes the commits that came on board a candidate: by type, path and patch, merges by what they bring.

use crate::{Engine, Refusal};
use allclear_core::CommitId;
use allclear_core::history::fixes::{Class, ClassedCommit, CommitSeen, Merge, classify, revert_of};
use allclear_core::history::graph::Graph;
use allclear_core::history::pick::picked_from;
use allclear_core::port::Merged;
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
        let merges = self.merges(ids, graph, stable, &candidate.cut.head)?;
        let paths = if fixes.paths.is_empty() { BTreeMap::new() } else { self.repo.paths(ids)? };
        let undone = self.undone(ids, graph)?;
        let mut seen: Vec<ClassedCommit> = Vec::new();
        let class = |id: &CommitId, twin: Option<&str>| {
            let info = &graph.commits[id];
            let merge = merges.get(id).cloned().unwrap_or(Merge::No);
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

    /// Merges the parents of each merge again, and tells what the merge has beyond that.
    fn merges(
        &self,
        ids: &[CommitId],
        graph: &Graph,
        stable: Option<&CommitId>,
        cut: &CommitId,
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
        let own: BTreeSet<&CommitId> = ids.iter().chain([cut]).collect();
        let is_stable = |id: &CommitId| stable.is_some_and(|stable| graph.contains(stable, id));
        // Two older commits may conflict wherever somebody likes, so that one side has to be the candidate's.
        let brings_stable =
            |one: &CommitId, other: &CommitId| own.contains(one) && !own.contains(other) && is_stable(other);
        let mut found = BTreeMap::new();
        for (id, (again, tree)) in merges.into_iter().zip(again.into_iter().zip(trees)) {
            let merge = match (&graph.commits[id].parents[..], again) {
                ([one, other], Some(again)) => {
                    let of_stable = brings_stable(one, other) || brings_stable(other, one);
                    self.compare(&again, &tree, of_stable)?
                }
                _ => Merge::Unrepeatable,
            };
            found.insert(id.clone(), merge);
        }
        Ok(found)
    }

    /// Tells what the tree of a merge has beyond git's own merge of its parents.
    fn compare(&self, again: &Merged, tree: &CommitId, of_stable: bool) -> Result<Merge, Refusal> {
        let changed =
            if again.tree == *tree { Vec::new() } else { self.repo.differing(&again.tree, tree)? };
        let conflicts: Vec<String> = again.conflicts.keys().cloned().collect();
        // Several names that are not UTF-8 look alike.
        let in_conflict = |path: &String| conflicts.contains(path) && !path.contains('\u{fffd}');
        let mut paths: Vec<String> = changed.into_iter().filter(|path| !in_conflict(path)).collect();
        Ok(match (of_stable, paths.is_empty(), conflicts.is_empty()) {
            (true, true, _) => Merge::OfStable { resolved: conflicts },
            (false, true, true) => Merge::Plain,
            (true, false, _) => Merge::WithChanges { paths },
            (false, _, _) => {
                paths.extend(conflicts);
                Merge::WithChanges { paths }
            }
        })
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
