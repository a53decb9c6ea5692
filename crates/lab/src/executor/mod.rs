//! The executors of attempts.

pub(crate) mod local;
mod logs;
mod survey;
mod versions;
