//! Merging without a work tree.

use super::error::RepoError;
use crate::types::object_id::CommitId;
use std::collections::BTreeMap;

/// What a trial merge gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The tree, with conflict markers where there are conflicts.
    pub tree: CommitId,
    /// The conflicting files with their stages (1 base, 2 ours, 3 theirs); empty when clean.
    pub conflicts: BTreeMap<String, BTreeMap<u8, CommitId>>,
}

/// Merges commits and texts.
pub trait Merge: Send + Sync {
    /// Merges each pair in memory, without attributes, configuration or a work tree.
    /// Pairs with unrelated histories give `None`.
    fn merge(&self, pairs: &[(CommitId, CommitId)]) -> Result<Vec<Option<Merged>>, RepoError>;

    /// Brings what `theirs` changed against `base` onto `ours`, in memory like [`Merge::merge`]. Each is a
    /// commit or a tree.
    fn merge_over(&self, base: &CommitId, ours: &CommitId, theirs: &CommitId) -> Result<Merged, RepoError>;

    /// Lists the paths in which two trees differ. One that is not UTF-8 has U+FFFD in it.
    fn differing(&self, one: &CommitId, other: &CommitId) -> Result<Vec<String>, RepoError>;

    /// Merges three versions of a text; `None` where they conflict.
    fn merge_text(&self, base: &str, ours: &str, theirs: &str) -> Result<Option<String>, RepoError>;
}
