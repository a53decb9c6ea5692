//! Chooses the next version from what changed.
