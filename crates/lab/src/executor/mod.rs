//! What the executors of attempts are.

pub(crate) mod local;
mod survey;
