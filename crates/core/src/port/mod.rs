//! What the engine needs of the world: narrow traits, of which none hands out another.

mod clock;
pub mod history;
pub mod lab;
pub mod notify;
mod repository;
pub mod steps;

pub use clock::Clock;
pub use repository::{
    Author, CommitGraph, Create, Listed, Memory, Merge, Merged, NewCommit, ObjectKind, Objects, Push,
    PushAnswer, RefUpdate, Refs, Remote, RepoError, Repository, Signature, Signing, TextAt,
};
