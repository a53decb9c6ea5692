//! One look at the server: refs, ledger, policy, and everything the gates want to know of them.

use super::policy::policy_seen;
use crate::ledger::fold::Folded;
use crate::{Engine, FaultKind, Note, PolicySeen, Refusal, Snapshot};
use allclear_core::decide::promotion::settle;
use allclear_core::facts::{Facts, RecordFacts};
use allclear_core::port::Refs;
use allclear_core::{CommitId, Project, RULES};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// What is remembered of a look.
#[derive(Serialize, Deserialize)]
struct Look {
    rules: u32,
    key: String,
    facts: Facts,
    policy: Option<(String, CommitId)>,
}

impl Engine<'_> {
    /// Reads the server, and remembers what it saw.
    pub fn observe(&self) -> Result<Snapshot, Refusal> {
        let _span = tracing::info_span!("look").entered();
        let refs = self.repo.observe()?;
        self.note(Note::Observed);
        match self.understand(refs) {
            Err(fault) if fault.kind() == FaultKind::Broken => self.understand(self.repo.observe()?),
            understood => understood,
        }
    }

    /// Gives the last look without asking the server; `None` where this machine never looked.
    pub fn recall(&self) -> Option<Snapshot> {
        let look: Look =
            serde_json::from_slice(&self.repo.recall("look")?).ok().filter(|l: &Look| l.rules == RULES)?;
        let mut project = match self.repo.recall("fold") {
            Some(bytes) if look.facts.record.place.is_some() => {
                serde_json::from_slice::<Folded>(&bytes).ok()?.project
            }
            Some(_) | None => Project::default(),
        };
        // An append reads the record alone, so that the fold may know of a cut that no look has seen.
        project.candidates.retain(|version, _| look.facts.candidates.contains_key(version));
        settle(&mut project, &look.facts.promotions);
        let policy = look.policy.map_or(PolicySeen::Absent, |(text, from)| policy_seen(text, from));
        Some(Snapshot { project, facts: look.facts, policy, refs: Refs::default() })
    }

    fn understand(&self, refs: Refs) -> Result<Snapshot, Refusal> {
        let ledger = self.ledger(&refs)?;
        let mut project = match &ledger {
            Some(ledger) => self.fold(&ledger.head)?,
            None => Project::default(),
        };
        let (policy_text, policy) = self.read_policy(&refs, &project)?;
        let key = key_of(&refs, policy_text.as_ref());
        let remembered = self.repo.recall("look").and_then(|b| serde_json::from_slice::<Look>(&b).ok());
        // The same refs as last time are no news, unless this machine wrote an entry since that is not there.
        let intact = self.is_last_head(project.head.as_ref());
        let record = self.record_facts(&refs, ledger.as_ref());
        // Which of two records counts, this machine may have been told since.
        let same = |l: &Look| l.rules == RULES && l.key == key && l.facts.record.second == record.second;
        if let Some(look) = remembered.filter(|l| intact && same(l)) {
            let facts = Facts { observed_at: self.clock.now(), ..look.facts };
            self.keep(key, &facts, policy_text);
            settle(&mut project, &facts.promotions);
            return Ok(Snapshot { project, facts, policy, refs });
        }
        let rewound = self.rewound(&refs, &project, &record)?;
        let signer = ledger.as_ref().and_then(|ledger| self.repo.signer(&ledger.head));
        let moved = self.has_moved(&refs, &project)?;
        let record = RecordFacts { rewound, signer, moved, ..record };
        let facts = self.facts(&refs, &project, policy.get(), record)?;
        self.keep(key, &facts, policy_text);
        settle(&mut project, &facts.promotions);
        Ok(Snapshot { project, facts, policy, refs })
    }

    fn keep(&self, key: String, facts: &Facts, policy: Option<(String, CommitId)>) {
        if let Ok(bytes) = serde_json::to_vec(&Look { rules: RULES, key, facts: facts.clone(), policy }) {
            self.repo.remember("look", &bytes);
        }
    }
}

/// All that facts are computed from, as one text: equal keys, equal facts.
fn key_of(refs: &Refs, policy: Option<&(String, CommitId)>) -> String {
    let mut digest = Sha256::new();
    for (name, id) in &refs.objects {
        digest.update(format!("{name} {id}\n"));
    }
    digest.update(policy.map_or("", |(text, _)| text));
    allclear_core::types::text::hex(&digest.finalize())
}
