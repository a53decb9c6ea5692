//! The record of an experiment: its entry on the ledger, and the table beside the entry.

mod entry;
pub(crate) mod table;
