//! Strikes an entry of the ledger that cannot be believed, or a promotion that cannot be completed.

use super::reason::reason;
use crate::engine::healed;
use crate::ledger::append::Landing;
use crate::ledger::place::Tip;
use crate::{Engine, LedgerRefusal, PeopleRefusal, Refusal};
use allclear_core::CommitId;
use allclear_core::ledger::entry;
use allclear_core::ledger::entry::Body;
use allclear_core::ledger::event::Event;
use allclear_core::project::may_strike;

impl Engine<'_> {
    /// Strikes an entry that cannot be believed. It stays in the chain and is skipped from now on.
    pub fn strike(&self, entry: &CommitId, why: &str) -> Result<(), Refusal> {
        let why = reason(why)?;
        healed(|| self.strike_once(entry, &why))
    }

    fn strike_once(&self, entry: &CommitId, why: &str) -> Result<(), Refusal> {
        let snapshot = self.observe()?;
        let head = snapshot.project.head.clone().ok_or(LedgerRefusal::NoEntries)?;
        let now = self.clock.now();
        let (mut found, mut believable) = (false, false);
        self.repo.entries(&head, None, &mut |raw| {
            if raw.commit == *entry {
                found = true;
                let link = entry::read(raw);
                // What the refs show is released, whatever the record says.
                let released = snapshot
                    .project
                    .releases
                    .values()
                    .any(|release| matches!(&link.body, Body::Entry(entry) if entry.id == release.entry));
                believable = released || !may_strike(&link, now);
            }
        })?;
        if !found {
            return Err(PeopleRefusal::NoSuchEntry(entry.clone()).into());
        }
        if believable {
            return Err(PeopleRefusal::SoundEntry(entry.clone()).into());
        }
        let draft = self.draft(vec![Event::Struck { entry: entry.clone(), reason: why.to_owned() }]);
        // `decide` would refuse while this very entry stops all deciding.
        // A future-dated entry must not keep a sound clock from writing behind it.
        let tip = Tip { at: snapshot.project.at.min(now), ..snapshot.tip() };
        match self.land(&tip, &draft)? {
            Landing::Landed => Ok(()),
            Landing::Raced => Err(LedgerRefusal::Busy.into()),
        }
    }
}
