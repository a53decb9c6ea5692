//! What is riding, what stops it, what is coming, and what was.

mod calendar;
mod changelog;
mod locate;
mod log;
mod status;
mod why;

pub(crate) use calendar::Calendar;
pub(crate) use changelog::Changelog;
pub(crate) use locate::Where;
pub(crate) use log::Log;
pub(crate) use status::Status;
pub(crate) use why::Why;
