//! The data of the ledger: its events and entries, who writes them, and how they are read and signed.

pub mod actor;
pub mod authority;
pub mod entry;
pub mod event;
pub mod promotion;
pub mod sentence;
pub mod signature;
pub mod signer;
pub mod statement;
pub mod step_end;
