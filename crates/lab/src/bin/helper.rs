//! The lab's helper as a program of its own, for the tests of this crate.

use std::process::ExitCode;

fn main() -> ExitCode {
    allclear_lab::helper::main(&std::env::args_os().skip(1).collect::<Vec<_>>())
}
