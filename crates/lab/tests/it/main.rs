//! The lab, with real sandboxes.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests say where they are, and start themselves again to be the one that is killed"
)]

mod sandbox;
