//! Adoption, the policy, its signers, its schedule.

mod adoption;
mod demo;
mod doctor;
mod init;
mod policy;
pub(crate) mod signer;
mod tick;
