//! The lab builds, tests and runs what depends on a candidate, in sandboxes, and reports what happened.
//!
//! **No foreign code runs outside a sandbox, and no result counts that does not prove what it was built with.**

#![allow(missing_docs, reason = "for this workspace alone: comments say what names do not")]

mod attempt;
mod copy;
pub mod ecosystem;
mod executor;
pub mod helper;
mod overlay;
mod sandbox;

pub use ecosystem::Surroundings;
pub use executor::local::Lab;
pub use sandbox::{Ended, How, Sandbox, SandboxSpec, Task};
