//! What a walk along a ledger tells of its commits.

use crate::store::objects::find_in;
use allclear_core::CommitId;

/// The file of an entry.
pub(super) const FILE: &str = "entry.json";

/// Larger folders of an entry are left to git, in bytes.
pub(super) const TREE_LIMIT: u64 = 64 * 1024;

/// Finds the id of an entry's file in its raw tree. What is no file there, though a server may have it (a submodule, a
/// link), is not read: another machine might not get it.
pub(super) fn file_in<'a>(raw: &'a [u8], tree: &CommitId) -> Option<&'a [u8]> {
    let found = find_in(raw, FILE, tree.as_str().len() / 2);
    found.filter(|(mode, _)| mode.starts_with("100")).map(|(_, id)| id)
}

/// What the walk tells of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) commit: CommitId,
    pub(super) parents: Vec<CommitId>,
    pub(super) tree: CommitId,
    /// Whether it may have a signature.
    pub(super) signed: bool,
}
