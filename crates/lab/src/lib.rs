//! The lab: builds, tests and runs what depends on a candidate, contained, and says what happened.
//!
//! **No foreign code runs outside a sandbox, and no result counts that does not prove what it was built with.**

#![allow(dead_code, reason = "the rooms are being furnished")]

mod bubblewrap;
mod cell;
mod cgroup;
pub mod inside;
mod order;
mod process;
mod ready;
mod recorder;
mod sandbox;
mod tree;
mod usage;

pub use cell::{Cell, Ended, How, Task};
pub use sandbox::Sandbox;
