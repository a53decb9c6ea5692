//! The commits, and who descends from whom.

use super::error::RepoError;
use crate::history::graph::Graph;
use crate::history::lineage::Lineage;
use crate::ledger::entry::RawEntry;
use crate::types::object_id::CommitId;
use std::collections::BTreeMap;

/// Reads commits.
pub trait CommitGraph: Send + Sync {
    /// Tells whether the store has `commit` and it is `head` or an ancestor of it.
    fn is_ancestor(&self, commit: &CommitId, head: &CommitId) -> Result<bool, RepoError>;

    /// Reads the commits above the common ancestors of `tips`.
    fn graph(&self, tips: &[CommitId]) -> Result<Graph, RepoError>;

    /// Reads the commits that `tip` has and none of `without` has, and no others; with nothing in `without`,
    /// its whole history.
    fn since(&self, tip: &CommitId, without: &[CommitId]) -> Result<Graph, RepoError>;

    /// Reads who descends from whom in all of `tips`, down to the parents of `commit` and without them.
    fn lineage(&self, commit: &CommitId, tips: &[CommitId]) -> Result<Lineage, RepoError>;

    /// Finds the commits whose ids begin with `prefix`, four hex digits or more; tags lead to theirs.
    fn begins_with(&self, prefix: &str) -> Result<Vec<CommitId>, RepoError>;

    /// Lists the paths that each commit changes against its first parent.
    fn paths(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, Vec<String>>, RepoError>;

    /// Gives the stable patch id of each commit with one parent that changes something; with
    /// `reverse`, that of the opposite change.
    fn patch_ids(&self, commits: &[CommitId], reverse: bool)
    -> Result<BTreeMap<CommitId, String>, RepoError>;

    /// Gives `take` the ledger's commits from after `known` to `head`, oldest first, one at a time.
    fn entries(
        &self,
        head: &CommitId,
        known: Option<&CommitId>,
        take: &mut dyn FnMut(RawEntry),
    ) -> Result<(), RepoError>;
}
