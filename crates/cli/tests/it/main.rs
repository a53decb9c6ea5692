//! The command line as a script sees it: exit codes, data on standard output, JSON, and servers that are
//! real git repositories in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "tests start allclear, git and sshd, and read the clock")]

mod bridge;
mod checks;
mod clones;
mod contract;
mod cut;
mod faults;
mod hostile;
mod http;
mod init;
mod policy;
mod promotion;
mod signer;
mod ssh;
mod stops;
mod tick;
mod tidy;
mod verify;
mod world;
