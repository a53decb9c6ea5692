//! The lab with real tools: bubblewrap, go and git, in temporary directories, without a network.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "tests say where they are and why they are skipped, and start tools, and themselves to be the one that is killed"
)]

mod golang;
mod overlay;
mod pack;
mod privacy;
mod sandbox;
