//! Looks into every release on record.

use super::verification::Verification;
use crate::ledger::place::ledgers;
use crate::{Engine, ReadRefusal, Refusal, Snapshot};
use allclear_core::project::roster::Founding;
use allclear_core::project::trust::Ignored;
use allclear_core::types::text::{list, plain};
use allclear_core::verify::{Audit, Claim, Truth};
use allclear_core::{CommitId, RefName};

impl Engine<'_> {
    /// Takes the ledger that a person named for the record, where the server has it.
    fn pin(&self, root: &CommitId) -> Result<(), Refusal> {
        if self.known_root().as_ref() == Some(root) {
            return Ok(());
        }
        let refs = self.repo.observe()?;
        for ledger in ledgers(&refs) {
            if self.fold(&ledger.head)?.root.as_ref() == Some(root) {
                self.remember_head(root.clone(), root.clone(), 1, ledger.place);
                break;
            }
        }
        Ok(())
    }

    /// Looks into every release on record. `root` is the id that the reader was told by somebody they trust.
    pub fn verify(&self, root: Option<&CommitId>) -> Result<Verification, Refusal> {
        if let Some(root) = root {
            self.pin(root)?;
        }
        let first_look = self.first_audit()?;
        let snapshot = self.observe()?;
        let Some((first, head)) = snapshot.project.root.clone().zip(snapshot.project.head.clone()) else {
            // What stands in the place of a record that was there is no record that has not begun.
            snapshot.may_record()?;
            return Err(ReadRefusal::NothingToVerify.into());
        };
        let (mut audit, new) = match first_look {
            Some((audit, new)) if audit.project.head.as_ref() == Some(&head) => (audit, new),
            Some(_) | None => self.audit(&head)?,
        };
        let open: Vec<usize> =
            (0..audit.releases.len()).filter(|n| audit.releases[*n].sealed.is_none()).collect();
        let evidence = self.evidence(open.iter().map(|n| &*audit.releases[*n].promoted))?;
        for n in open {
            let claims =
                self.promotion_claims(&audit.releases[n].promoted, &evidence, &audit.project.tag_entries)?;
            audit.releases[n].sealed = Some(claims);
        }
        self.remember_audit(&mut audit);
        let mut claims: Vec<Claim> = root
            .map(|pinned| {
                let why = || format!("the ledger begins at {first}, not at {pinned}: it is another record");
                Claim::new("root", Truth::when(*pinned == first, why))
            })
            .into_iter()
            .collect();
        claims.extend(chain(&snapshot));
        let releases = self.releases(&snapshot, &audit);
        Ok(Verification {
            pinned: root.is_some(),
            root: first,
            head,
            entries: audit.project.entries,
            new,
            recorded: audit.recorded,
            stated: audit.stated,
            claims,
            releases,
            notes: notes(&audit, snapshot.facts.record.place.as_ref().map(|p| (p, self.protects(p)))),
        })
    }
}

/// Says what the record is as a whole.
fn chain(snapshot: &Snapshot) -> Vec<Claim> {
    let (project, record) = (&snapshot.project, &snapshot.facts.record);
    let trouble =
        project.troubles.first().map(|t| format!("entry {} cannot be used: {}", t.entry.short(), t.what));
    let rewound = record.rewound.as_ref().map(|r| format!("it was rewound: {}", r.why));
    let second = record.second.as_ref().map(|place| format!("there is a second ledger at {place}"));
    let truth = |why: Option<String>| why.map_or(Truth::Holds, Truth::DoesNotHold);
    vec![
        Claim::new("entries", truth(trouble)),
        Claim::new("completeness", truth(rewound)),
        Claim::new("place", truth(second)),
    ]
}

/// Says what proves less than it seems to.
fn notes(audit: &Audit, place: Option<(&RefName, Option<bool>)>) -> Vec<String> {
    let project = &audit.project;
    let mut notes = Vec::new();
    if let Some(Founding::Claim(entry)) = &project.roster.founded {
        notes.push(format!(
            "the signers were named first at entry {} by a claim, not by the root",
            entry.short()
        ));
    }
    for proposal in &project.roster.proposals {
        let by = project.roster.admins(&proposal.by);
        let by = if by.is_empty() {
            "no admin".into()
        } else {
            list(&by.iter().map(|n| plain(n)).collect::<Vec<_>>())
        };
        notes.push(format!(
            "entry {} proposes other signers and is not in force: stated by {by}",
            proposal.entry.short()
        ));
    }
    if !project.struck.is_empty() {
        let ids: Vec<&str> = project.struck.keys().take(10).map(CommitId::short).collect();
        notes.push(format!(
            "{} struck: {}",
            match project.struck.len() {
                1 => "1 entry was".to_owned(),
                n => format!("{n} entries were"),
            },
            list(&ids)
        ));
    }
    let odd = |ignored: &Ignored| format!("entry {}: {}", ignored.entry.short(), plain(&ignored.why));
    notes.extend(audit.odd.iter().chain(&project.ignored).map(odd));
    match place {
        None | Some((_, Some(true))) => {}
        Some((place, Some(false))) => {
            notes.push(format!("{place} is unprotected: a rewind is detected, not prevented"));
        }
        Some((place, None)) => notes.push(format!(
            "whether the server protects {place} is not known: allclear doctor --probe-push finds out"
        )),
    }
    notes
}
