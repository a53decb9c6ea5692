//! The policy file `allclear.toml`: its model, its reader, its presets.

mod model;

pub use model::*;
