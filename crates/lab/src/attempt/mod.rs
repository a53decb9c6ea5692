//! One attempt: what its sandbox shows, how its steps run, and what their outcomes are. The same for every
//! ecosystem.

pub(crate) mod ending;
pub(crate) mod runner;
pub(crate) mod stopped;
pub(crate) mod view;
