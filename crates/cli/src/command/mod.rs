//! The verbs, one file each: what can be said with it, and what it does.

pub(crate) mod candidate;
pub(crate) mod evidence;
pub(crate) mod look;
pub(crate) mod now;
pub(crate) mod project;

use crate::exit::Exit;
use crate::flags::Flags;
use allclear_engine::Fault;

/// One verb with its arguments.
pub(crate) trait Command {
    /// Tells whether it makes no sense without the server; most do not.
    fn needs_server(&self) -> bool {
        true
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault>;
}
