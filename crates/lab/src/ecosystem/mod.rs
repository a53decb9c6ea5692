//! What each ecosystem has of its own.

pub(crate) mod generic;
pub mod go;
