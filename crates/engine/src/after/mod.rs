//! What follows a release, and what people are told: after-steps and notices.

pub(crate) mod decision;
mod notify;
mod step;
