//! Git for allclear: the `git` binary behind one hardened wrapper, and a private bare store.
//!
//! **There is no work tree, and nothing is written into the user's clone.** All objects are built in a store of
//! allclear's own, whose merges see only our attributes and configuration.

#![allow(missing_docs, reason = "for this workspace alone: comments say what names do not")]

mod batch;
mod checkout;
mod clock;
mod command;
mod mirrors;
mod notify;
mod parse;
mod process;
mod reader;
mod steps;
mod store;
mod user_clone;
mod writer;

pub use clock::{SystemClock, VirtualClock};
pub use mirrors::Mirrors;
pub use process::{Failure, Git};
pub use store::Store;
pub use user_clone::{Clone, CloneHistory, Environment, PlaceError};
