//! Before the first train: starting the ledger, the list of things to do, and `doctor`.

pub(crate) mod adoption;
pub(crate) mod doctor;
mod init;
pub(crate) mod probe;
pub(crate) mod repair;
