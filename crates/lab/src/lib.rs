//! The lab: builds, tests and runs what depends on a candidate, contained, and says what happened.
//!
//! **No foreign code runs outside a sandbox, and no result counts that does not prove what it was built with.**

#![allow(dead_code, reason = "the rooms are being furnished")]

mod cell;
mod dirhash;
mod generic;
mod go;
mod gomod;
mod letters;
mod local;
mod names;
pub mod overlay;
pub mod pack;
mod process;
mod record;
mod room;
mod sandbox;
mod stage;
mod survey;
mod upstream;

pub use cell::{Cell, Ended, How, Task};
pub use local::{Lab, Surroundings};
pub use sandbox::Sandbox;
