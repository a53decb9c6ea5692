//! One attempt.

pub(crate) mod stage;
