//! The project itself: its policy, its signers, its schedule.

pub(crate) mod adoption;
pub(crate) mod demo;
pub(crate) mod doctor;
pub(crate) mod init;
pub(crate) mod policy;
pub(crate) mod signer;
pub(crate) mod tick;
