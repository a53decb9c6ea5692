//! Questions that change nothing: where a commit is, what changed, whether the record holds.

pub(crate) mod changelog;
mod locate;
pub(crate) mod location;
mod places;
mod twins;
pub(crate) mod verify;
