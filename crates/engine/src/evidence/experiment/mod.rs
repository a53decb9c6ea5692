//! An experiment: everything that depends on a candidate, tried with it and, where that fails, with the last
//! release.
//!
//! Plan (find the commits, make the jobs), run (on a few threads; [`judge`](allclear_core::experiment::judge) says what is
//! tried next), compare, record. What is known of the very same content is not tried again.

pub(crate) mod cache;
mod checks;
pub(crate) mod lab;
pub(crate) mod outcome;
pub(crate) mod plan;
pub(crate) mod progress;
mod queue;
pub(crate) mod record;
mod reproduce;
mod run;
pub(crate) mod target;
mod test;
