//! What follows a release, and what people are told: after-steps and notices.

mod notify;
pub(crate) mod say;
mod step;
