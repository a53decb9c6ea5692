//! The policy file `allclear.toml`: its model, its reader, its presets.
//!
//! `keys` is the one list of what may stand in the file. The reader, the schema and `policy show` all go by it.

mod build;
mod forms;
mod given;
mod items;
mod keys;
mod mistake;
mod model;
mod preset;
mod read;
mod words;

pub use mistake::{Mistake, line_column};
pub use model::*;
pub use preset::{Preset, defaults};
pub use read::{Effective, LARGEST, Origin, read};
pub use words::zone;

#[cfg(test)]
mod read_tests;
