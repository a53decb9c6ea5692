//! Starts processes, and makes sure that they end.

mod program;
mod run;

pub use program::{Group, Program, kill_group, write_to_run};
pub use run::{End, Ended, Errors, Leftovers, Run};
