//! The words of the record: what an entry can say, who says it, and how it is read and signed.

pub mod actor;
pub mod entry;
pub mod event;
pub mod sentence;
pub mod signature;
pub mod signer;
pub mod statement;
pub mod step_end;
