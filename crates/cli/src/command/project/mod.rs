//! The project itself: its policy, its signers, its record, its schedule.

mod completions;
mod demo;
mod doctor;
mod freeze;
mod init;
mod ledger;
mod man;
mod policy;
mod signer;
mod strike;
mod tick;

pub(crate) use completions::Completions;
pub(crate) use demo::Demo;
pub(crate) use doctor::Doctor;
pub(crate) use freeze::Freeze;
pub(crate) use init::Init;
pub(crate) use ledger::Ledger;
pub(crate) use man::Man;
pub(crate) use policy::Policy;
pub(crate) use signer::Signer;
pub(crate) use strike::Strike;
pub(crate) use tick::Tick;
