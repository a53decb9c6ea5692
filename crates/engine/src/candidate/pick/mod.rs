//! Picks of fixes from develop onto a candidate.

pub(crate) mod outcome;
pub(crate) mod plan;
