//! How a promotion ends.

use allclear_core::ledger::promotion::Promotion;
use allclear_core::project::Release;
use allclear_core::types::text::plain;
use allclear_core::{CommitId, Version};

/// A release that is on the server and on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    /// What was released.
    pub version: Version,
    pub tag: String,
    pub stable: CommitId,
    /// The id of its entry.
    pub entry: String,
    /// Who brought it onto stable, where another hand did.
    pub landed: Option<String>,
    /// Whether it was released before this command.
    pub before: bool,
}

impl Released {
    pub(super) fn on_record(version: Version, release: &Release, before: bool) -> Self {
        let Release { tag, stable, entry, .. } = release.clone();
        let landed = release.landed.as_ref().map(|landed| {
            landed.shape.clause(&plain(&landed.by), &release.commit, release.stable_branch.as_str())
        });
        Self { version, tag, stable, entry, landed, before }
    }

    /// Says it in a line.
    pub(crate) fn sentence(&self) -> String {
        let landed = self.landed.as_ref().map(|how| format!(": {how}")).unwrap_or_default();
        format!("released {} as {}{landed}", self.version, self.tag)
    }

    /// A release that this very push made.
    pub(super) fn now(promotion: &Promotion, entry: &str) -> Self {
        Self {
            version: promotion.version,
            tag: promotion.tag.clone(),
            stable: promotion.new_stable.clone(),
            entry: entry.to_owned(),
            landed: None,
            before: false,
        }
    }
}

/// What one attempt came to.
pub(super) enum Attempt {
    Released(Released),
    /// There is nothing to finish any more.
    Nothing,
    /// Something was done; what is left is seen by the next look.
    Progress,
    /// Somebody else was first: look again, and judge again.
    Raced,
}
