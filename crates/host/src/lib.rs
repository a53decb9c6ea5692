//! This machine: processes, temporary directories, and the network.
//!
//! **A process sees no variables but those given to it, and at its deadline it ends with everything it
//! started.**

#![allow(missing_docs, reason = "for this workspace alone: comments say what names do not")]

pub mod http;
mod private_dir;
pub mod process;
mod temp_dir;

pub use private_dir::private_dir;
pub use temp_dir::{TempDir, remove_tree};
