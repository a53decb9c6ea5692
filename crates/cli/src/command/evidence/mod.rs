//! What is known of a candidate, and who answers for it.

pub(crate) mod approve;
pub(crate) mod check;
pub(crate) mod report;
pub(crate) mod reproduce;
pub(crate) mod test;
pub(crate) mod verify;
pub(crate) mod waive;
