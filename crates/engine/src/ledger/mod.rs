//! The ledger: where it is, what it says, appending to it, signing, and noticing that it was cut short.

pub(crate) mod append;
pub(crate) mod fold;
pub(crate) mod place;
mod rewind;
pub(crate) mod sign;
pub(crate) mod start;
