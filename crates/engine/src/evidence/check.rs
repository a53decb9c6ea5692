//! Records what others found: check results, one or many.

use crate::{Engine, EvidenceRefusal, Refusal};
use allclear_core::CommitId;
use allclear_core::ledger::event::{CheckOutcome, Event};

/// The result of a check, as somebody reports it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckResult {
    /// The check's name.
    pub name: String,
    /// How it ended.
    pub outcome: CheckOutcome,
    /// The commit it looked at.
    pub commit: CommitId,
    /// Where to read more.
    pub url: Option<String>,
}

impl Engine<'_> {
    /// Records check results in one entry. Whoever may push may record; the entry says who did.
    pub fn check(&self, results: Vec<CheckResult>) -> Result<(), Refusal> {
        if results.is_empty() {
            return Err(EvidenceRefusal::NoResult.into());
        }
        let mut events = Vec::new();
        for result in results {
            let bad_name = result.name.trim().is_empty()
                || result.name.len() > 100
                || result.name.chars().any(char::is_control);
            if bad_name {
                return Err(EvidenceRefusal::BadCheckName.into());
            }
            if result.url.as_ref().is_some_and(|u| u.len() > 2000 || u.chars().any(char::is_control)) {
                return Err(EvidenceRefusal::BadCheckUrl.into());
            }
            let CheckResult { name, outcome, commit, url } = result;
            events.push(Event::CheckRecorded { name, outcome, commit, url });
        }
        // An entry is at most 64 KiB; a result at most about 3.
        for batch in events.chunks(20) {
            self.record(batch.to_vec())?;
        }
        Ok(())
    }
}
