//! The policy file `allclear.toml`: its model, its reader, its presets.

mod differences;
mod digest;
mod file;
pub mod model;
mod preset;
pub mod schedule;
mod schema;
mod show;

pub use differences::{Difference, differences};
pub use digest::digest;
pub use file::{Effective, LARGEST, Mistake, Origin, defaults, line_column, read, zone};
pub use model::*;
pub use preset::Preset;
pub use schema::json_schema;
pub use show::{Row, rows};
