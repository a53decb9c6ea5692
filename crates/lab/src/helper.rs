//! The lab's helper, which allclear has as a hidden verb: what the lab starts inside a sandbox is this very program.

use crate::ecosystem::table::Table;
use crate::sandbox;
use std::ffi::OsString;
use std::process::ExitCode;

/// Does the work that the words mean: that of an ecosystem's helper, such as `gocache DIR`, or without any to serve the
/// request on standard input and respond on standard output.
pub fn main(words: &[OsString]) -> ExitCode {
    Table::default().helper(words).unwrap_or_else(sandbox::helper::serve)
}
