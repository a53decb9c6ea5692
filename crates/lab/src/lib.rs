//! The lab: builds, tests and runs what depends on a candidate, contained, and says what happened.
//!
//! **No foreign code runs outside a sandbox, and no result counts that does not prove what it was built with.**

mod bubblewrap;
mod cell;
mod cgroup;
mod copy;
mod dirhash;
mod enter;
mod generic;
mod go;
mod gocache;
mod gomod;
pub mod inside;
mod letters;
mod local;
mod names;
mod order;
pub mod overlay;
pub mod pack;
mod ready;
mod record;
mod recorder;
mod sandbox;
mod stage;
mod survey;
mod tree;
mod upstream;
mod usage;

pub use cell::{Cell, Ended, How, Task};
pub use local::{Lab, Surroundings};
pub use sandbox::Sandbox;
