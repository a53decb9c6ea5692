//! The first entry of a ledger.

use allclear_core::ledger::event::Event;
use allclear_core::ledger::signer::Signer;
use allclear_core::policy::Policy;

/// Starts a ledger of the project and the develop branch that a policy names.
pub(crate) fn started(policy: &Policy, signers: Vec<Signer>, threshold: Option<u32>) -> Event {
    let project = policy.name.clone().unwrap_or_default();
    Event::LedgerStarted { project, develop: Some(policy.branches.develop.clone()), signers, threshold }
}
