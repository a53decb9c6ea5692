//! Whether a candidate may be promoted, and what a promotion stands on, for the record.

use crate::look::resolve::expect_commit;
use crate::{Engine, PromotionRefusal, Refusal, Snapshot};
use allclear_core::verify::Recorded;
use allclear_core::{CandidateAssessment, Version};
use jiff::Timestamp;

impl Engine<'_> {
    /// Refuses what is not clear: every enforced gate, for exactly the rc's commit, now.
    pub(super) fn judge(
        &self,
        snapshot: &Snapshot,
        version: Version,
        only_if: Option<&str>,
    ) -> Result<CandidateAssessment, Refusal> {
        let now = self.clock.now();
        let Some(found) = snapshot.assessed(version, now) else {
            return Err(PromotionRefusal::NotOpen(version).into());
        };
        expect_commit(&found.commit, only_if)?;
        let blockers: Vec<_> = found.blockers().cloned().collect();
        if !blockers.is_empty() {
            return Err(PromotionRefusal::NotClear { version, blockers }.into());
        }
        Ok(found)
    }

    /// Tells whether all but what a promotion itself changes is clear.
    pub(super) fn evidence_is_clear(&self, snapshot: &Snapshot, version: Version) -> bool {
        snapshot.assessed(version, self.clock.now()).is_some_and(|c| c.evidence_is_clear())
    }
}

/// The facts that a promotion stands on, for the record.
pub(super) fn recorded(snapshot: &Snapshot, version: Version, now: Timestamp) -> Option<serde_json::Value> {
    let found = snapshot.assessed(version, now);
    let candidate = snapshot.project.candidates.get(&version)?;
    let seen = snapshot.facts.candidates.get(&version)?;
    serde_json::to_value(Recorded::of(candidate, &snapshot.facts, seen, found.as_ref(), now)).ok()
}
