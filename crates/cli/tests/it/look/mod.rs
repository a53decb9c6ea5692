//! What is coming, what changed, and where a commit is.

mod calendar;
mod changelog;
mod locate;
mod log;
