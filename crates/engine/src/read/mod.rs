//! Questions that change nothing: where a commit is, what changed, whether the record holds.

pub(crate) mod changelog;
pub(crate) mod locate;
pub(crate) mod verify;
