//! Reads the chain as an auditor, from where the last audit ended.

use crate::{Engine, Refusal};
use allclear_core::ledger::entry;
use allclear_core::verify::{Audit, Claim, Truth};
use allclear_core::{CommitId, Project, RULES};
use serde::{Deserialize, Serialize};

/// What is remembered of an audit.
#[derive(Serialize, Deserialize)]
struct Audited {
    rules: u32,
    audit: Audit,
}

impl Engine<'_> {
    /// Audits before anything else, and lets the look that follows go on from there: no signature is
    /// verified twice.
    pub(super) fn first_audit(&self) -> Result<Option<(Audit, u64)>, Refusal> {
        let refs = self.repo.observe()?;
        let Some(ledger) = self.ledger(&refs)? else { return Ok(None) };
        // What is wrong with the objects is for the look itself to say, and to heal.
        let Ok((audit, new)) = self.audit(&ledger.head) else { return Ok(None) };
        if new > 0 {
            self.remember_fold(&audit.project);
        }
        Ok(Some((audit, new)))
    }

    /// Reads the chain as an auditor, from where the last audit ended.
    pub(super) fn audit(&self, head: &CommitId) -> Result<(Audit, u64), Refusal> {
        let remembered = self.repo.recall("audit").and_then(|b| serde_json::from_slice::<Audited>(&b).ok());
        let mut audit = remembered.filter(|a| a.rules == RULES).map(|a| a.audit).unwrap_or_default();
        let mut known = audit.project.head.clone();
        if known.as_ref() == Some(head) {
            return Ok((audit, 0));
        }
        loop {
            let before = if known.is_some() { audit.project.entries } else { 0 };
            let mut follows = known.is_none().then_some(true);
            let read = self.repo.entries(head, known.as_ref(), &mut |raw| {
                if *follows.get_or_insert_with(|| raw.parents.first() == known.as_ref()) {
                    audit.add(&entry::read(raw));
                }
            });
            if known.is_some() && (read.is_err() || follows != Some(true)) {
                (audit, known) = (Audit::default(), None);
                continue;
            }
            read?;
            match audit.finish() {
                Ok(audit) => {
                    let new = audit.project.entries - before;
                    return Ok((audit, new));
                }
                Err(again) => (audit, known) = (*again, None),
            }
        }
    }

    /// Remembers an audit. What could not be checked is looked into again, so its plan is kept.
    pub(super) fn remember_audit(&self, audit: &mut Audit) {
        let found: Vec<Option<Vec<Claim>>> =
            audit.releases.iter().map(|audited| audited.sealed.clone()).collect();
        for audited in &mut audit.releases {
            let unsure = |claim: &Claim| matches!(claim.truth, Truth::CannotBeChecked(_));
            if audited.sealed.iter().flatten().any(unsure) {
                audited.sealed = None;
            } else {
                // Every claim is settled.
                *audited.promoted.before = Project::default();
                audited.promoted.continued = None;
            }
        }
        let audited = Audited { rules: RULES, audit: std::mem::take(audit) };
        if let Ok(bytes) = serde_json::to_vec(&audited) {
            self.repo.remember("audit", &bytes);
        }
        *audit = audited.audit;
        audit.releases.iter_mut().zip(found).for_each(|(audited, found)| audited.sealed = found);
    }
}
