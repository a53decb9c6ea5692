//! The git repository on its server, and this machine's private store of its objects.

mod create;
mod error;
mod graph;
mod memory;
mod merge;
mod objects;
mod push;
mod remote;
mod signing;

pub use create::{Author, Create, NewCommit, ObjectKind, Signature};
pub use error::RepoError;
pub use graph::CommitGraph;
pub use memory::Memory;
pub use merge::{Merge, Merged};
pub use objects::{Listed, Objects, TextAt};
pub use push::{Push, PushAnswer, RefUpdate};
pub use remote::{Refs, Remote};
pub use signing::Signing;

/// Everything that is asked of one repository. What needs less takes the narrower port.
pub trait Repository: Remote + CommitGraph + Objects + Create + Merge + Push + Signing + Memory {}

impl<T> Repository for T where T: Remote + CommitGraph + Objects + Create + Merge + Push + Signing + Memory {}
