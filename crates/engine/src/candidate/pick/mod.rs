//! Picks of fixes from develop onto a candidate.

mod admit;
mod apply;
mod onto;
pub(crate) mod outcome;
mod plan;
