//! The lab with real tools: go, git and curl, in temporary directories, without a network.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "tests start go and git")]

mod golang;
mod overlay;
mod pack;
