//! Everything that is printed for people.

pub(crate) mod instant;
pub(crate) mod progress;
pub(crate) mod results;
pub(crate) mod todo;
pub(crate) mod ui;
