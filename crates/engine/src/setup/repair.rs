//! `doctor --repair-history`: the one merge on develop that heals a release which was squash- or
//! rebase-merged. It is built in the private store and pushed by nobody but a person.

use super::doctor::Examination;
use crate::{Engine, Refusal, SetupRefusal};
use allclear_adopt::doctor::Past;
use allclear_core::history::graph::Graph;
use allclear_core::port::NewCommit;
use allclear_core::port::history::History;
use allclear_core::types::text::{count, short};
use allclear_core::{CommitId, RefName};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How the tree of a repair was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RepairMethod {
    /// Git merged without a conflict.
    Merged,
    /// Git found conflicts, and develop has every change of stable under another id: its tree is kept.
    Kept,
}

/// A merge that is ready to be pushed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Repair {
    /// The merge.
    pub commit: CommitId,
    /// The branch of releases, and its commit.
    pub stable: (String, CommitId),
    /// The branch that the merge is for, and its commit.
    pub develop: (String, CommitId),
    /// How many commits develop lacks without it.
    pub missing: usize,
    /// How many of these are on develop under other ids.
    pub matched: usize,
    /// RepairMethod its tree was made.
    pub how: RepairMethod,
    /// Whether develop's files stay as they are.
    pub same_tree: bool,
    /// The commands that look at it and push it.
    pub commands: Vec<String>,
}

/// What of stable develop has under other ids.
struct Matches {
    matched: BTreeSet<CommitId>,
    unmatched: Vec<CommitId>,
}

impl Engine<'_> {
    /// Prepares the merge of stable into develop; `None` where develop lacks nothing.
    pub fn repair(&self, history: &dyn History, seen: &Examination) -> Result<Option<Repair>, Refusal> {
        let (stable, develop) = chosen_branches(&seen.past)?;
        let refs = self.repo.observe()?;
        let tip = |name: &str| {
            let full = RefName::from_git(&format!("refs/heads/{name}"));
            let id = full.as_ref().and_then(|full| refs.get(full)).cloned();
            id.ok_or_else(|| SetupRefusal::NoSuchBranch(name.to_owned()))
        };
        let (at_stable, at_develop) = (tip(&stable)?, tip(&develop)?);
        let (stable, develop) = ((stable, at_stable), (develop, at_develop));
        let graph = self.repo.graph(&[stable.1.clone(), develop.1.clone()])?;
        let missing = graph.only(&stable.1, &[&develop.1]);
        if missing.is_empty() {
            return Ok(None);
        }
        let found = self.matches(&graph, &missing, &stable.1, &develop.1)?;
        let merged = self.repo.merge(&[(develop.1.clone(), stable.1.clone())])?.pop().flatten();
        let own = self.repo.trees(std::slice::from_ref(&develop.1))?.pop();
        let (Some(merged), Some(own)) = (merged, own) else {
            let (stable, develop) = (stable.0, develop.0);
            return Err(SetupRefusal::NoCommonCommit { stable, develop }.into());
        };
        let (tree, how) = if merged.conflicts.is_empty() {
            (merged.tree, RepairMethod::Merged)
        } else if found.unmatched.is_empty() {
            (own.clone(), RepairMethod::Kept)
        } else {
            return Err(conflict(history, &merged.conflicts, &found, (&stable.0, &develop.0)).into());
        };
        let by = self.signature(self.clock.now());
        let (from, to) = (short(&stable.0, 60), short(&develop.0, 60));
        let how_made = match how {
            RepairMethod::Merged => "Its tree is git's merge.".to_owned(),
            RepairMethod::Kept => {
                format!(
                    "Git's merge conflicts, and {to} has every change of {from} under another id:\nthe tree is {to}'s own."
                )
            }
        };
        let message = format!(
            "Merge {from} into {to}\n\nA release was squash- or rebase-merged, so that {to} lacked {}.\nWith this merge {to} contains {from} again.\n\n{how_made}",
            count(missing.len(), "commit"),
        );
        let parents = vec![develop.1.clone(), stable.1.clone()];
        let commit =
            self.repo.write_commit(&NewCommit { tree: tree.clone(), parents, author: None, by, message })?;
        let branch =
            RefName::from_git(&format!("refs/heads/{}", develop.0)).ok_or(SetupRefusal::BadBranchName)?;
        let commands = history.keep(&commit, &branch)?;
        Ok(Some(Repair {
            commit,
            stable,
            develop,
            missing: missing.len(),
            matched: found.matched.len(),
            how,
            same_tree: tree == own,
            commands,
        }))
    }

    /// Finds out which missing commits bring nothing that develop does not have: by the same patch, by
    /// the same tree, or because they are merges without a change of their own.
    fn matches(
        &self,
        graph: &Graph,
        missing: &[CommitId],
        stable: &CommitId,
        develop: &CommitId,
    ) -> Result<Matches, Refusal> {
        let theirs = graph.only(develop, &[stable]);
        let parents = |id: &CommitId| graph.commits.get(id).map_or(&[][..], |info| &info.parents[..]);
        let (single, merges): (Vec<CommitId>, Vec<CommitId>) =
            missing.iter().cloned().partition(|id| parents(id).len() == 1);
        let patches = self.repo.patch_ids(&single, false)?;
        let plain: Vec<CommitId> = theirs.iter().filter(|id| parents(id).len() == 1).cloned().collect();
        let known: BTreeSet<String> = self.repo.patch_ids(&plain, false)?.into_values().collect();
        let trees: BTreeSet<CommitId> = self.repo.trees(&theirs)?.into_iter().collect();
        let own: BTreeMap<&CommitId, CommitId> = missing.iter().zip(self.repo.trees(missing)?).collect();
        let pairs: Vec<(CommitId, CommitId)> = merges
            .iter()
            .filter(|id| parents(id).len() == 2)
            .map(|id| (parents(id)[0].clone(), parents(id)[1].clone()))
            .collect();
        let merged = self.repo.merge(&pairs)?;
        let remade: BTreeMap<(CommitId, CommitId), Option<CommitId>> = pairs
            .into_iter()
            .zip(merged)
            .map(|(pair, m)| (pair, m.filter(|m| m.conflicts.is_empty()).map(|m| m.tree)))
            .collect();
        let brings_nothing = |id: &CommitId| match parents(id) {
            // A commit without a patch changes nothing.
            [_] => patches.get(id).is_none_or(|patch| known.contains(patch)),
            [a, b] => remade.get(&(a.clone(), b.clone())).is_some_and(|tree| tree.as_ref() == own.get(id)),
            _ => false,
        };
        let same_tree = |id: &CommitId| own.get(id).is_some_and(|tree| trees.contains(tree));
        let (matched, unmatched): (Vec<CommitId>, Vec<CommitId>) =
            missing.iter().cloned().partition(|id| brings_nothing(id) || same_tree(id));
        Ok(Matches { matched: matched.into_iter().collect(), unmatched })
    }
}

/// Says why no tree can be given without a person.
fn conflict(
    history: &dyn History,
    conflicts: &BTreeMap<String, BTreeMap<u8, CommitId>>,
    found: &Matches,
    (stable, develop): (&str, &str),
) -> SetupRefusal {
    let files: Vec<String> = conflicts.keys().take(3).map(|f| short(f, 60)).collect();
    let some: Vec<CommitId> = found.unmatched.iter().take(3).cloned().collect();
    let subjects = history.subjects(&some).unwrap_or_default();
    let shown: Vec<String> = some
        .iter()
        .map(|id| match subjects.get(id) {
            Some(subject) => format!("{} \"{}\"", id.short(), short(subject, 40)),
            None => id.short().to_owned(),
        })
        .collect();
    SetupRefusal::Conflicts {
        stable: stable.to_owned(),
        develop: develop.to_owned(),
        files: (conflicts.len(), files),
        commits: (found.unmatched.len(), shown),
    }
}

/// Gives the names of stable and develop, where there are both.
fn chosen_branches(past: &Past) -> Result<(String, String), Refusal> {
    match (&past.stable, &past.develop) {
        (Some(stable), Some(develop)) => Ok((stable.name.clone(), develop.name.clone())),
        (Some(_), None) => Err(SetupRefusal::NoDevelop.into()),
        (None, _) => Err(SetupRefusal::NoStable.into()),
    }
}
