//! Merges one commit onto a candidate's head, or shows how it conflicts.

use super::onto::Onto;
use super::outcome::{Clash, ClashFile};
use crate::look::trial_merges::{self, Trial};
use crate::{Engine, Refusal};
use allclear_core::ecosystem::version_file::{self, VersionFile};
use allclear_core::facts::MergeBack;
use allclear_core::history::graph::Graph;
use allclear_core::history::pick;
use allclear_core::history::pick::{conflict, hunks};
use allclear_core::port::{Author, Merged, NewCommit};
use allclear_core::types::text::{plain, short};
use allclear_core::{CommitId, Version};
use std::collections::BTreeMap;

/// How many lines of a file's conflicts are shown.
const LINES: usize = 40;
/// How many files in conflict are shown with their lines.
const FILES: usize = 10;

/// What one merge gave.
pub(super) enum Applied {
    Clean { tree: CommitId, kept: Vec<String> },
    Conflict(Merged),
}

impl Engine<'_> {
    /// Merges one commit onto the head. In declared version lines the candidate's version stays.
    pub(super) fn apply(&self, onto: &Onto<'_>, sides: [&CommitId; 3]) -> Result<Applied, Refusal> {
        let [base, head, commit] = sides;
        let merged = self.repo.merge_over(base, head, commit)?;
        let files = &onto.candidate.cut.version_files;
        let trial = Trial { base, ours: head, theirs: commit, files, changelog: None, version: onto.version };
        let (tree, mut kept) = match trial_merges::outcome(self.repo, Some(&merged), &trial)? {
            MergeBack::Clean { tree } => (tree, Vec::new()),
            MergeBack::Resolved { tree, files } => (tree, files),
            MergeBack::Conflict { .. } | MergeBack::Impossible { .. } => {
                return Ok(Applied::Conflict(merged));
            }
        };
        let own = self.own_version(files, onto.version, head, &tree)?;
        if own.is_empty() {
            return Ok(Applied::Clean { tree, kept });
        }
        let tree = self.repo.write_tree(Some(&tree), &own)?;
        kept.extend(own.into_keys().filter(|path| !kept.contains(path)).collect::<Vec<_>>());
        Ok(Applied::Clean { tree, kept })
    }

    /// Gives the version files that would carry another version than the candidate's, set right.
    fn own_version(
        &self,
        files: &[VersionFile],
        version: Version,
        head: &CommitId,
        tree: &CommitId,
    ) -> Result<BTreeMap<String, String>, Refusal> {
        if files.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut paths: Vec<String> = files.iter().map(|f| f.path.clone()).collect();
        paths.extend(files.iter().flat_map(version_file::companions));
        let (before, after) = (self.repo.files(head, &paths)?, self.repo.files(tree, &paths)?);
        if before == after {
            return Ok(BTreeMap::new());
        }
        // Where the candidate's own files do not read, nothing is set: the pick changes what it changes.
        Ok(version_file::set(files, &after, version).unwrap_or_default())
    }

    pub(super) fn write_pick(
        &self,
        graph: &Graph,
        commit: &CommitId,
        tree: CommitId,
        head: &CommitId,
    ) -> Result<CommitId, Refusal> {
        let info = &graph.commits[commit];
        let raw = self.repo.objects(std::slice::from_ref(commit))?.pop().unwrap_or_default();
        let author =
            pick::date(&raw, "author").map(|date| Author { who: info.author.clone(), date: date.to_owned() });
        Ok(self.repo.write_commit(&NewCommit {
            tree,
            parents: vec![head.clone()],
            by: self.signature(self.clock.now()),
            author,
            message: pick::message(&info.message, commit),
        })?)
    }

    pub(super) fn clash(
        &self,
        onto: &Onto<'_>,
        head: CommitId,
        commit: CommitId,
        subject: String,
        merged: &Merged,
    ) -> Result<Clash, Refusal> {
        let branch = onto.candidate.cut.branch.clone();
        let paths: Vec<String> = merged.conflicts.keys().take(FILES).cloned().collect();
        let texts = self.repo.files(&merged.tree, &paths)?;
        let (ours, theirs) = (branch.to_string(), format!("{} {}", commit.short(), short(&subject, 60)));
        let files = merged.conflicts.iter().map(|(path, stages)| ClashFile {
            path: plain(path),
            how: conflict(stages),
            lines: texts.get(path).map(|text| hunks(text, &ours, &theirs, LINES)).unwrap_or_default(),
        });
        let files = files.collect();
        Ok(Clash { commit, subject, version: onto.version, branch, head, files })
    }
}
