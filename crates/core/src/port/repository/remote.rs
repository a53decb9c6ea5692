//! The refs of the server, and what of it this machine has fetched.

use super::error::RepoError;
use crate::types::object_id::CommitId;
use crate::types::ref_name::RefName;
use std::collections::BTreeMap;

/// All refs of the server at one instant, read over a connection of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// Full name to object.
    pub objects: BTreeMap<RefName, CommitId>,
    /// Annotated tags: full name to the commit they lead to.
    pub peeled: BTreeMap<RefName, CommitId>,
}

impl Refs {
    /// Gives the object that a ref names.
    pub fn get(&self, name: &RefName) -> Option<&CommitId> {
        self.objects.get(name)
    }

    /// Gives the commit that a ref leads to.
    pub fn commit(&self, name: &RefName) -> Option<&CommitId> {
        self.peeled.get(name).or_else(|| self.objects.get(name))
    }

    /// Tells whether another ref ends in this full name, such as the tag `refs/heads/master`: git refuses to delete a ref
    /// that could be meant as another.
    pub fn is_shadowed(&self, name: &RefName) -> bool {
        let end = format!("/{name}");
        self.objects.keys().any(|other| other.as_str().ends_with(&end))
    }
}

/// The refs of the server.
pub trait Remote: Send + Sync {
    /// Reads all refs over a fresh connection and brings their objects into the store. A store that is damaged is made
    /// again.
    fn observe(&self) -> Result<Refs, RepoError>;

    /// Reads all refs over a fresh connection, and no objects.
    fn refs(&self) -> Result<Refs, RepoError>;

    /// Asks the server for the short name of its default branch; `None` where it names none.
    fn default_branch(&self) -> Result<Option<String>, RepoError>;

    /// Says how a person puts a ref of the server back to a commit that this machine's store has.
    fn how_to_restore(&self, name: &RefName, commit: &CommitId) -> String;
}
