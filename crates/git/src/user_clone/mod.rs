//! The person's own clone, which is only read.

mod address;
mod clone;
mod history;

pub use address::PlaceError;
pub(crate) use address::{fetchable, shown, with_secret};
pub use clone::{Clone, Environment};
pub use history::CloneHistory;
