//! For tests: a real server repository, machines with stores of their own, a virtual clock, a network that
//! fails, and the promises as one check.

#![allow(clippy::unwrap_used, reason = "a test kit panics where a test cannot go on")]
#![allow(missing_docs, reason = "for this workspace alone: comments say what names do not")]

mod bridge;
mod flaky;
mod lab;
mod machine;
mod memory;
mod process;
mod promises;
mod world;

pub use bridge::Bridge;
pub use flaky::{Flaky, Push};
pub use lab::{FakeLab, ends, fails, passes};
pub use machine::Machine;
pub use process::{Output, die, environment, write_script};
pub use world::World;
