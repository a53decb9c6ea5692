//! Strikes entries of the ledger that stop deciding, or a promotion that cannot be completed.

use super::reason::reason;
use crate::engine::healed;
use crate::ledger::append::{Draft, Landing};
use crate::ledger::place::Tip;
use crate::ledger::sign::as_if_landed;
use crate::{Engine, LedgerRefusal, PeopleRefusal, Refusal};
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::Body;
use allclear_core::ledger::event::Event;
use allclear_core::project::{Fold, Project, Release};
use allclear_core::{CommitId, RefName};
use std::collections::{BTreeMap, BTreeSet};

impl Engine<'_> {
    /// Strikes entries that cannot be gone by. They stay in the chain, and are skipped from now on.
    pub fn strike(&self, entries: &[CommitId], why: &str) -> Result<(), Refusal> {
        let why = reason(why)?;
        healed(|| self.strike_once(entries, &why))
    }

    fn strike_once(&self, entries: &[CommitId], why: &str) -> Result<(), Refusal> {
        let snapshot = self.observe()?;
        snapshot.may_record()?;
        let (project, now) = (&snapshot.project, self.clock.now());
        let head = project.head.clone().ok_or(LedgerRefusal::NoEntries)?;
        let struck = |entry: &CommitId| Event::Struck { entry: entry.clone(), reason: why.to_owned() };
        let draft = self.draft(entries.iter().map(struck).collect());
        let draft = self.signed(draft, project, snapshot.policy.get())?;
        // What the refs show is released, whatever the record says.
        let is_out =
            |release: &&Release| snapshot.refs.get(&RefName::tag(&release.tag)) == Some(&release.object);
        let released: BTreeSet<&str> =
            project.releases.values().filter(is_out).map(|release| release.entry.as_str()).collect();
        let (after, found) = self.fold_with(&head, &draft, entries, &released)?;
        for entry in entries {
            match found.get(entry) {
                None => return Err(PeopleRefusal::NoSuchEntry(entry.clone()).into()),
                Some(released) if *released || !after.struck.contains_key(entry) => {
                    return Err(PeopleRefusal::SoundEntry(entry.clone()).into());
                }
                Some(_) => {}
            }
        }
        // An entry from the future must not keep a sound clock from writing behind it.
        let tip = Tip { at: project.at.min(now), ..snapshot.tip() };
        match self.land(&tip, &draft)? {
            Landing::Landed => Ok(()),
            Landing::Raced => Err(LedgerRefusal::Busy.into()),
        }
    }

    /// Folds the record as it would be with a draft on top of it. Says which of some entries are on it, and whether
    /// they released something.
    fn fold_with(
        &self,
        head: &CommitId,
        draft: &Draft,
        entries: &[CommitId],
        released: &BTreeSet<&str>,
    ) -> Result<(Project, BTreeMap<CommitId, bool>), Refusal> {
        let mut found = BTreeMap::new();
        let mut fold = Fold::default();
        loop {
            // Whoever uses the id of a release again released nothing.
            let mut released = released.clone();
            self.repo.entries(head, None, &mut |raw| {
                let link = entry::read(raw);
                let told = matches!(&link.body, Body::Entry(entry) if released.remove(entry.id.as_str()));
                if entries.contains(&link.commit) {
                    found.insert(link.commit.clone(), told);
                }
                fold.add(&link);
            })?;
            fold.add(&as_if_landed(self, draft, head));
            match fold.finish() {
                Ok(project) => return Ok((project, found)),
                Err(again) => fold = again,
            }
        }
    }
}
