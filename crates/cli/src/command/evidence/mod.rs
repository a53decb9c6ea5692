//! What is known of a candidate, and who answers for it.

mod approve;
mod check;
mod report;
mod reproduce;
mod test;
mod verify;
mod waive;

pub(crate) use approve::Approve;
pub(crate) use check::Check;
pub(crate) use report::Report;
pub(crate) use reproduce::Reproduce;
pub(crate) use test::Test;
pub(crate) use verify::Verify;
pub(crate) use waive::Waive;
