//! What became of a record that was looked into, as it is told.

use allclear_core::ledger::actor::Actor;
use allclear_core::project::trust::{Identity, Level};
use allclear_core::verify::{Claim, RecordedGate, Truth};
use allclear_core::{CommitId, Version};
use jiff::Timestamp;

/// What became of a record that was looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The ledger's first entry.
    pub root: CommitId,
    /// Its last one.
    pub head: CommitId,
    /// Whether somebody named the root beforehand.
    pub pinned: bool,
    pub entries: u64,
    /// How many of them had not been looked into before.
    pub new: u64,
    /// How many carry a good signature of their recorder.
    pub recorded: u64,
    /// How many carry a statement that counts.
    pub stated: u64,
    /// What the record is as a whole.
    pub claims: Vec<Claim>,
    /// The releases, newest first.
    pub releases: Vec<ReleaseTruth>,
    /// What a person should know besides, a sentence each.
    pub notes: Vec<String>,
}

/// What became of one release.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseTruth {
    pub version: Version,
    pub tag: String,
    /// When it was promoted; `None` where it is not on record.
    pub at: Option<Timestamp>,
    /// Who promoted it, and how far that is proven.
    pub by: Option<(Actor, Level)>,
    /// Who brought it onto stable where another hand did, and why it was completed where it was not clear.
    pub completed: Option<String>,
    /// What each gate found then, as the record has it.
    pub gates: Vec<RecordedGate>,
    /// Who approved and waived.
    pub voices: Vec<(String, Identity)>,
    /// Everything that was looked into.
    pub claims: Vec<Claim>,
}

impl ReleaseTruth {
    /// Makes one of which the record tells nothing.
    pub(super) fn unproven(version: Version, tag: String) -> Self {
        Self {
            version,
            tag,
            at: None,
            by: None,
            completed: None,
            gates: Vec::new(),
            voices: Vec::new(),
            claims: Vec::new(),
        }
    }

    /// Gives the worst of its claims.
    pub fn truth(&self) -> &Truth {
        self.claims.iter().map(|claim| &claim.truth).max().unwrap_or(&Truth::Holds)
    }
}

impl Verification {
    /// Gives everything that was looked into.
    pub fn all(&self) -> impl Iterator<Item = &Truth> {
        self.claims.iter().map(|claim| &claim.truth).chain(self.releases.iter().map(ReleaseTruth::truth))
    }
}
