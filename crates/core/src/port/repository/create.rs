//! Making objects in this machine's store.

use super::error::RepoError;
use crate::types::object_id::CommitId;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Who signs a commit or a tag, as git writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name and address, `Mira <mira@example.org>`.
    pub who: String,
    /// When, UTC.
    pub at: Timestamp,
}

/// Who wrote a change first, where that is somebody else than who commits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Name and address, `Mira <mira@example.org>`.
    pub who: String,
    /// When, as git writes it: `1767225600 +0100`.
    pub date: String,
}

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// Its tree.
    pub tree: CommitId,
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// Its committer, and its author where no other is given.
    pub by: Signature,
    /// Its author; `None` where it is who commits.
    pub author: Option<Author>,
    /// Its message.
    pub message: String,
}

/// What an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    /// A commit.
    Commit,
    /// An annotated tag.
    Tag,
}

/// Makes objects. Nothing of them is on the server until it is pushed.
pub trait Create: Send + Sync {
    /// Gets ready to write trees, files and some kinds of objects, beside what the caller does next. Whoever writes
    /// without that waits for it then.
    fn prepare(&self, kinds: &[ObjectKind]);

    /// Writes a tree like `tree` with some files replaced.
    fn write_tree(
        &self,
        tree: Option<&CommitId>,
        files: &BTreeMap<String, String>,
    ) -> Result<CommitId, RepoError>;

    /// Writes a commit. The same input gives the same id.
    fn write_commit(&self, commit: &NewCommit) -> Result<CommitId, RepoError>;

    /// Writes an annotated tag. The same input gives the same id.
    fn write_tag(
        &self,
        name: &str,
        target: &CommitId,
        by: &Signature,
        message: &str,
    ) -> Result<CommitId, RepoError>;

    /// Writes the object `id` from its raw bytes. Gives `false`, and writes nothing, where they are another object or
    /// none, or where what they name is not here.
    fn write_object(&self, kind: ObjectKind, raw: &[u8], id: &CommitId) -> Result<bool, RepoError>;
}
