//! What a strike takes away from an entry. A strike is judged at its place in the chain: by the time and the rules of
//! the record before the entry that it hits, and by the signers that the record has where the strike stands.

use crate::ledger::authority::Authority;
use crate::ledger::entry::{Entry, TOLERANCE};
use crate::ledger::event::Event;
use crate::project::roster::Founding;
use crate::project::state::{Project, Strike};
use crate::project::trust::{Level, is_vouched};
use crate::types::object_id::CommitId;

impl Strike {
    /// Joins two strikes of one entry.
    pub(super) fn and(self, other: Self) -> Self {
        Self { claimed: self.claimed.min(other.claimed), needs: self.needs.min(other.needs) }
    }

    /// Tells whether an entry on top of a record may be struck: only what stops deciding can be (dated more than two
    /// minutes ahead, needing newer rules, telling something unknown, or moving the record), so that nobody strikes
    /// away what is merely unwelcome; and a promotion, of which what the refs show stays landed.
    ///
    /// Neither a clock nor rules that are older than the record itself count.
    pub fn hits(&self, entry: &Entry, before: &Project) -> bool {
        entry.claimed > TOLERANCE.after(self.claimed.max(before.at))
            || entry.needs > self.needs.max(before.needs)
            || entry.events.iter().any(stops_deciding)
    }
}

impl Project {
    /// Tells whether a strike counts, and notes where it does not. Where the root names the signers, it takes an
    /// admin: signers that were named later, by a claim alone, could be anybody's.
    pub(super) fn heeds_strike(&mut self, entry: &CommitId, target: &CommitId, level: &Level) -> bool {
        let heeded = self.roster.founded != Some(Founding::Root) || is_vouched(Authority::Admin, level);
        if !heeded {
            self.ignore(
                entry,
                &format!("it strikes entry {}, which takes an admin's statement", target.short()),
            );
        }
        heeded
    }

    /// Takes what stands of a struck entry, as of the strike: the root, what was signed, changes of the signers, and
    /// bad news. The rest is skipped.
    pub(super) fn take_struck(&mut self, commit: &CommitId, entry: &Entry, strike: Strike, level: &Level) {
        self.struck.insert(commit.clone(), strike);
        // Tags name it, and it stays in the chain.
        self.tag_entries.insert(entry.id.clone());
        self.at = self.at.max(entry.claimed.min(strike.claimed));
        let whole = self.entries == 1 || level.stated().is_some();
        for event in entry.events.iter().filter(|event| **event != Event::Unknown) {
            if whole || event.is_bad_news() || changes_signers(event) {
                self.evolve(event, entry, commit, level);
            }
        }
    }
}

fn stops_deciding(event: &Event) -> bool {
    matches!(event, Event::Unknown | Event::Promoted(_) | Event::LedgerMoved { .. })
}

fn changes_signers(event: &Event) -> bool {
    matches!(event, Event::SignersProposed(_) | Event::SignersSeconded { .. })
}
