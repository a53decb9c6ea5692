//! Who imports whom inside a crate, file by file.
//!
//! Every file that the crate's root reaches is parsed. An import is a `use`, or a path in the code, in a macro's
//! arguments or in an attribute. It counts as an import of the file that defines the item, through all
//! re-exports, globs and renames; what is under `#[cfg(test)]` does not count. A module by itself is nobody's
//! import: what is taken from it is. Methods are not followed: who calls them imports the type or the trait.

mod circles;
mod code;
mod names;
mod source;

#[cfg(test)]
mod tests;

pub(super) use circles::circles;
pub(super) use names::{Imports, imports};
pub(super) use source::{Crate, Files};
