//! This machine: processes, temporary directories, and the way to the network.
//!
//! **A process sees no variable that it was not given, and at its deadline it ends with all that it started.**

#![allow(missing_docs, reason = "for this workspace alone: comments say what names do not")]

pub mod http;
pub mod process;
mod temp_dir;

pub use temp_dir::{TempDir, remove_tree};
