//! The policy file `allclear.toml`: its model, its reader, its presets.
//!
//! `keys` is the one list of what may stand in the file. The reader, the schema and `policy show` all go by it.

mod after;
mod build;
mod differences;
mod digest;
mod downstream;
mod forms;
mod given;
mod items;
mod keys;
mod mistake;
mod model;
mod notify;
mod preset;
mod read;
mod schema;
mod show;
mod words;

pub use after::AfterStep;
pub use differences::{Difference, differences};
pub use digest::digest;
pub use downstream::{DownstreamGate, LabCheck, Sandbox};
pub use mistake::{Mistake, line_column};
pub use model::*;
pub use notify::{Place, Target, Way};
pub use preset::{Preset, defaults};
pub use read::{Effective, LARGEST, Origin, read};
pub use schema::json_schema;
pub use show::{Row, rows};
pub use words::zone;

#[cfg(test)]
mod after_tests;
#[cfg(test)]
mod downstream_tests;
#[cfg(test)]
mod read_tests;
