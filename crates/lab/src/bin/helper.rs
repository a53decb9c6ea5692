//! The helper of the lab as a program of its own, for the tests of this crate. allclear has it as a hidden verb.

use std::process::ExitCode;

fn main() -> ExitCode {
    allclear_lab::helper::main(&std::env::args_os().skip(1).collect::<Vec<_>>())
}
