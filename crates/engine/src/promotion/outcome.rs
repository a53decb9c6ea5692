//! How an attempt to promote ends.

use crate::{Fault, FaultKind};
use allclear_core::ledger::event::Operation;
use allclear_core::port::RepoError;
use allclear_core::project::Release;
use allclear_core::{CommitId, OperationId, Version};

/// A release that is on the server and on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// What was released.
    pub version: Version,
    /// Its tag.
    pub tag: String,
    /// What stable is.
    pub stable: CommitId,
    /// The operation that made it.
    pub operation: OperationId,
    /// Whether it was released before this command.
    pub before: bool,
}

impl Released {
    pub(super) fn on_record(version: Version, release: &Release, before: bool) -> Self {
        let Release { tag, stable, operation, .. } = release.clone();
        Self { version, tag, stable, operation, before }
    }

    /// A release that this very command made.
    pub(super) fn now(op: &Operation) -> Self {
        Self {
            version: op.version,
            tag: op.tag.clone(),
            stable: op.new_stable.clone(),
            operation: op.id.clone(),
            before: false,
        }
    }
}

/// How an attempt ended that did not release.
pub(super) enum Unreleased {
    /// Plan anew: only develop moved.
    Replan,
    /// Give up, and say why.
    Refused(Fault),
}

impl From<Fault> for Unreleased {
    fn from(fault: Fault) -> Self {
        Self::Refused(fault)
    }
}

impl From<RepoError> for Unreleased {
    fn from(error: RepoError) -> Self {
        Self::Refused(error.into())
    }
}

pub(super) fn unanswered(version: Version, fault: Fault) -> Fault {
    Fault {
        kind: FaultKind::Unknown,
        what: format!("the outcome of promoting {version} is not known: {}", fault.what),
        hints: Vec::new(),
        ..fault
    }
    .truth("the push was sent; it may or may not have been applied. Do not push by hand")
    .hint(
        "run allclear tick when the server answers again: it reads the refs and goes on from what they show",
    )
}
