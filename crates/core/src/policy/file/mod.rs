//! What reads the policy file: its keys, its values, its forms, and what is wrong with them.
//!
//! `keys` is the one list of what may stand in the file. The reader, the schema and `policy show` all go by it.

pub(super) mod after;
mod build;
pub(super) mod downstream;
pub(super) mod forms;
pub(super) mod gates;
pub(super) mod items;
pub(super) mod key;
pub(super) mod keys;
mod mistake;
pub(super) mod notify;
mod read;
mod value;
pub(super) mod words;

pub use mistake::{Mistake, line_column};
pub use read::{Effective, LARGEST, Origin, defaults, read};
pub use words::zone;

#[cfg(test)]
mod tests;
