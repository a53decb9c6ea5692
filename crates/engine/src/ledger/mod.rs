//! The ledger: where it is, what is on it, appending to it, signing, and noticing that it was cut short.

pub(crate) mod append;
mod rewind;
mod sign;
