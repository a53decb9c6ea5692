//! What is known of a candidate, and who answers for it.

mod checks;
mod corpus;
mod downstream;
mod lab;
mod people;
pub(crate) mod verify;
