//! Changing the refs of the server.

use super::error::RepoError;
use crate::types::object_id::CommitId;
use crate::types::ref_name::RefName;

/// One ref to be changed, only if it is what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name.
    pub name: RefName,
    /// What it must be now; `None` where it must not exist.
    pub old: Option<CommitId>,
    /// What it shall be; `None` to delete it.
    pub new: Option<CommitId>,
}

impl RefUpdate {
    /// Changes a ref from one commit to another.
    pub fn new(name: RefName, old: Option<&CommitId>, new: Option<&CommitId>) -> Self {
        Self { name, old: old.cloned(), new: new.cloned() }
    }
}

/// What the server said to a push. It informs people; only the refs decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushAnswer {
    /// Whether git reported success.
    pub ok: bool,
    /// Whether a ref was refused: by a rule of the server, or since it was not what it should have been.
    pub refused: bool,
    /// Whether the server does not do atomic pushes.
    pub no_atomic: bool,
    /// What the server wrote, made safe to show, a line each.
    pub said: Vec<String>,
    /// Lock files that the server left behind, by its own words.
    pub locks: Vec<String>,
}

/// Changes refs on the server.
pub trait Push: Send + Sync {
    /// Changes refs on the server, all or none, each only if it is what it was.
    fn push(&self, updates: &[RefUpdate]) -> Result<PushAnswer, RepoError>;

    /// Waits a few seconds for this machine's other appending processes, so that they do not race each
    /// other; the next one goes when the answer is dropped. Only the push decides who is first: a store
    /// that knows no turns gives `None`.
    fn turn(&self) -> Option<Box<dyn std::any::Any + Send>> {
        None
    }
}
