//! What `--json` prints: the shapes that programs read.

pub(crate) mod status;
