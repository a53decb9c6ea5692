//! The one place of the lab that starts processes.

use std::ffi::OsStr;
use std::process::{Command, Stdio};

/// Makes a command that inherits nothing but what it is given: no environment, no input.
#[allow(clippy::disallowed_methods, reason = "the one place of the lab that starts processes")]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.env_clear().stdin(Stdio::null());
    command
}
