//! Git for allclear: the `git` binary behind one hardened wrapper, and a private bare store.
//!
//! **No work tree, ever, and nothing in the user's clone.** All objects are built in a store of
//! allclear's own, whose merges see no attributes and no configuration but ours.

mod checkout;
mod cherry;
mod clock;
mod command;
mod history;
mod lineage;
mod listing;
mod loose;
mod making;
mod mirrors;
mod notify;
mod objects;
mod parse;
mod place;
mod process;
mod push;
mod range;
mod sign;
mod steps;
mod store;

pub use clock::{SystemClock, VirtualClock};
pub use history::CloneHistory;
pub use mirrors::Mirrors;
pub use place::{Clone, Environment, PlaceError};
pub use process::{Failure, Git};
pub use store::Store;
