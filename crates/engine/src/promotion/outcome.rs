//! How an attempt to promote ends.

use crate::{PromotionRefusal, Refusal};
use allclear_core::ledger::event::Operation;
use allclear_core::project::Release;
use allclear_core::{CommitId, OperationId, Version};

/// A release that is on the server and on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// What was released.
    pub version: Version,
    pub tag: String,
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
    Refused(Refusal),
}

impl<R: Into<Refusal>> From<R> for Unreleased {
    fn from(refusal: R) -> Self {
        Self::Refused(refusal.into())
    }
}

/// Says that a push was sent and nobody knows what became of it.
pub(super) fn unanswered(version: Version, cause: impl Into<Refusal>) -> Refusal {
    PromotionRefusal::OutcomeUnknown { version, cause: Box::new(cause.into().into()) }.into()
}
