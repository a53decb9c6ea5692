//! Whose word counts.

use crate::event::{Actor, Proof};
use crate::policy::{Policy, Trust};

/// Tells whether what an actor said counts under a policy.
pub(crate) fn counts(policy: &Policy, by: &Actor) -> bool {
    match policy.trust {
        Trust::Claimed => true,
        Trust::Signed => by.proof == Proof::Signed,
    }
}
