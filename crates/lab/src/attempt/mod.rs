//! One attempt: what its sandbox shows, how its steps run there, and how their ends are read. Beneath every ecosystem.

pub(crate) mod ending;
pub(crate) mod runner;
pub(crate) mod stopped;
pub(crate) mod view;
