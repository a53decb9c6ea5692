//! The lab's helper: the program that the lab starts inside a sandbox. In allclear it is a hidden verb of the
//! same binary.

use crate::ecosystem::table::Table;
use crate::sandbox;
use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the helper that the words name: one of an ecosystem, such as `gocache DIR`; without words, the one that
/// reads a request from standard input and answers on standard output.
pub fn main(words: &[OsString]) -> ExitCode {
    Table::default().helper(words).unwrap_or_else(sandbox::helper::serve)
}
