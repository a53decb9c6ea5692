//! The record of an experiment: its entry on the ledger, and the table beside the entry.

pub(super) mod entry;
pub(super) mod table;
