//! Whether a candidate may be promoted, and what a promotion stands on, for the record.

use crate::look::resolve::expect_commit;
use crate::{Engine, Fault, FaultKind, Snapshot};
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
    ) -> Result<CandidateAssessment, Fault> {
        let now = self.clock.now();
        let Some(found) = snapshot.assessed(version, now) else {
            return Err(Fault::new(FaultKind::Usage, format!("there is no open candidate {version}")));
        };
        expect_commit(&found.commit, only_if)?;
        let blockers: Vec<_> = found.blockers().collect();
        if let Some(first) = blockers.first() {
            let person = blockers.iter().any(|b| b.finding.kind == allclear_core::gate::Kind::Person);
            let kind = if person { FaultKind::Blocked } else { FaultKind::Waiting };
            let lines: Vec<String> =
                blockers.iter().map(|b| format!("  {}: {}", b.gate.name(), b.finding.summary)).collect();
            let mut fault = Fault::new(kind, format!("{version} is not clear:\n{}", lines.join("\n")));
            let alone = blockers.iter().all(|b| b.finding.kind == allclear_core::gate::Kind::Time);
            let ends = blockers.iter().filter_map(|b| b.finding.clears_at).max();
            if !person {
                let when = ends
                    .filter(|_| alone)
                    .map(|at| format!("it clears by itself at {at}; "))
                    .unwrap_or_default();
                fault =
                    fault.hint(format!("{when}allclear promote {version} --when-clear --yes waits for it"));
            }
            return Err(fault.hint(format!("allclear why {version} {}", first.gate.name())));
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
