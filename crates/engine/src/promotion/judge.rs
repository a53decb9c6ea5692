//! Whether a candidate may be promoted, and what a promotion stands on, for the record.

use crate::look::resolve::expect_commit;
use crate::{Engine, PromotionRefusal, Refusal, Snapshot};
use allclear_core::Version;
use allclear_core::decide::assess::Clear;
use allclear_core::verify::Recorded;
use jiff::Timestamp;

impl Engine<'_> {
    /// Refuses what is not clear: every enforced gate, for exactly the rc's commit, now.
    pub(super) fn judge(
        &self,
        snapshot: &Snapshot,
        version: Version,
        only_if: Option<&str>,
    ) -> Result<Clear, Refusal> {
        let now = self.clock.now();
        let Some(found) = snapshot.assessed(version, now) else {
            return Err(PromotionRefusal::NotOpen(version).into());
        };
        expect_commit(&found.commit, only_if)?;
        found.clear().cloned().ok_or_else(|| {
            PromotionRefusal::NotClear { version, blockers: found.blockers().cloned().collect() }.into()
        })
    }
}

/// The facts that a promotion stands on, for the record.
pub(super) fn recorded(snapshot: &Snapshot, version: Version, now: Timestamp) -> Option<serde_json::Value> {
    let found = snapshot.assessed(version, now);
    let candidate = snapshot.project.candidates.get(&version)?;
    let seen = snapshot.facts.candidates.get(&version)?;
    serde_json::to_value(Recorded::of(candidate, &snapshot.facts, seen, found.as_ref(), now)).ok()
}
