//! What is riding, what stops it, what is coming, and what was.

pub(crate) mod calendar;
pub(crate) mod changelog;
pub(crate) mod locate;
pub(crate) mod log;
pub(crate) mod status;
pub(crate) mod why;
