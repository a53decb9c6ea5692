//! The command line as a script sees it: exit codes, data on standard output, JSON, and servers that are
//! real git repositories in temporary directories.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![allow(clippy::print_stderr, reason = "a test that is skipped says so")]
#![allow(clippy::disallowed_methods, reason = "tests start allclear, git and sshd, and read the clock")]

mod adoption;
mod after;
mod bridge;
mod calendar;
mod changelog;
mod checks;
mod clones;
mod contract;
mod corpus;
mod cut;
mod demo;
mod doctor;
mod downstream;
mod faults;
mod hostile;
mod hotfix;
mod http;
mod init;
mod lab;
mod locate;
mod people;
mod pick;
mod policy;
mod promotion;
mod signer;
mod ssh;
mod stops;
mod tick;
mod tidy;
mod verify;
mod withdraw;
mod world;
