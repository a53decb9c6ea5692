//! Strikes an entry of the ledger that cannot be believed.

use super::reason::reason;
use crate::engine::healed;
use crate::ledger::append::{Landing, busy};
use crate::ledger::place::Tip;
use crate::{Engine, Fault, FaultKind};
use allclear_core::CommitId;
use allclear_core::ledger::entry;
use allclear_core::ledger::event::Event;
use allclear_core::project::may_strike;

impl Engine<'_> {
    /// Strikes an entry that cannot be believed. It stays in the chain and is skipped from now on.
    pub fn strike(&self, entry: &CommitId, why: &str) -> Result<(), Fault> {
        let why = reason(why)?;
        healed(|| self.strike_once(entry, &why))
    }

    fn strike_once(&self, entry: &CommitId, why: &str) -> Result<(), Fault> {
        let snapshot = self.observe()?;
        let head = snapshot
            .project
            .head
            .clone()
            .ok_or_else(|| Fault::new(FaultKind::Usage, "this project has no ledger yet"))?;
        let now = self.clock.now();
        let (mut found, mut believable) = (false, false);
        self.repo.entries(&head, None, &mut |raw| {
            if raw.commit == *entry {
                found = true;
                believable = !may_strike(&entry::read(raw), now);
            }
        })?;
        if !found {
            return Err(Fault::new(
                FaultKind::Usage,
                format!("{} is not an entry of this ledger", entry.short()),
            ));
        }
        if believable {
            return Err(Fault::new(FaultKind::Refused, format!("entry {} is sound", entry.short()))
                .hint("only what cannot be read, or is dated in the future, can be struck; bad news is answered, not struck"));
        }
        let draft = self.draft(vec![Event::Struck { entry: entry.clone(), reason: why.to_owned() }]);
        // `decide` would refuse while this very entry stops all deciding.
        // A future-dated entry must not keep a sound clock from writing behind it.
        let tip = Tip { at: snapshot.project.at.min(now), ..snapshot.tip() };
        match self.land(&tip, &draft)? {
            Landing::Landed(_) => Ok(()),
            Landing::Raced => Err(busy()),
        }
    }
}
