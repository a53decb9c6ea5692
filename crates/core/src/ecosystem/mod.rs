//! What allclear knows of each ecosystem: where the version stands in its files, how a user tries a candidate,
//! and how a release reaches its registry. All of it is pure: texts in, places, lines and scripts out.
//!
//! An ecosystem is a folder that fills in one [`definition::Ecosystem`], and a line here.

mod cargo;
mod definition;
pub mod go;
mod name;
mod npm;
mod place;
mod python;
pub mod recipe;
pub mod try_it;
pub mod version_file;

use definition::Ecosystem;

/// All that are known. Where their order shows, it is this one.
const ECOSYSTEMS: &[Ecosystem] = &[cargo::ECOSYSTEM, go::ECOSYSTEM, npm::ECOSYSTEM, python::ECOSYSTEM];
