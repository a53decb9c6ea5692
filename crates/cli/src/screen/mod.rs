//! Everything that is printed for people. What one command alone draws in a few lines stands beside that command.

pub(crate) mod doctor;
pub(crate) mod instant;
pub(crate) mod progress;
pub(crate) mod results;
pub(crate) mod status;
pub(crate) mod steps;
pub(crate) mod todo;
pub(crate) mod try_it;
pub(crate) mod ui;
pub(crate) mod why;
pub(crate) mod withdrawn;
