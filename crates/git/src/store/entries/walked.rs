//! What a walk along a ledger tells of its commits.

use allclear_core::CommitId;

/// The file of an entry.
pub(super) const FILE: &str = "entry.json";

/// What the walk tells of a commit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Walked {
    pub(super) commit: CommitId,
    pub(super) parents: Vec<CommitId>,
    pub(super) tree: CommitId,
    /// Whether it may have a signature.
    pub(super) signed: bool,
}
