//! What each kind of event changes, one file per topic.

mod candidate;
mod experiments;
mod people;
mod promotion;
mod signatures;
pub(super) mod steps;
