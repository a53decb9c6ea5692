//! The command line as a script sees it: exit codes, data on standard output, JSON, and servers that are
//! real git repositories in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "tests start allclear, git and sshd, and read the clock")]

mod candidate;
mod contract;
mod evidence;
mod look;
mod project;
mod server;
mod tidy;
mod world;
