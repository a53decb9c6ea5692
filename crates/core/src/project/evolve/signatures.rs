//! How far an entry is proven, and what does not count for want of a signature.

use crate::ledger::entry::{Entry, Link};
use crate::ledger::event::Event;
use crate::ledger::statement::is_stated;
use crate::policy::Trust;
use crate::project::roster::Ruling;
use crate::project::state::Project;
use crate::project::trust::{Ignored, Level, is_vouched};
use crate::types::object_id::CommitId;
use crate::types::version::Version;

/// The most ignored entries that are kept.
const IGNORED: usize = 100;

impl Project {
    /// Finds how far an entry is proven. Only what can matter is verified: what people state, and what a
    /// signer of this ledger wrote down.
    pub(in crate::project) fn level(&mut self, link: &Link, entry: &Entry) -> Level {
        if let (Some(statement), Some(root)) = (&entry.statement, &self.root) {
            match self.said.take(statement, root, &entry.events) {
                Ok(key) => return Level::Stated(self.roster.know(key)),
                Err(why) => self.ignore(&link.commit, why),
            }
        }
        let matters = is_stated(&entry.events) || !self.roster.signers.is_empty();
        let Some(signed) = link.signed.as_ref().filter(|_| matters) else { return Level::Claimed };
        let known = || signed.named().is_some_and(|key| self.roster.signers.contains_key(&key));
        if !is_stated(&entry.events) && !known() {
            return Level::Claimed;
        }
        signed.signer().map_or(Level::Claimed, |key| Level::Recorded(self.roster.know(key)))
    }

    pub(in crate::project) fn ignore(&mut self, entry: &CommitId, why: &str) {
        if self.ignored.len() >= IGNORED {
            self.ignored.remove(0);
        }
        self.ignored.push(Ignored { entry: entry.clone(), why: why.into() });
    }

    /// Notes what became of a change of the signers, where nothing did.
    pub(in crate::project) fn ruled(&mut self, entry: &CommitId, ruling: &Ruling) {
        if let Ruling::Ignored(why) = ruling {
            self.ignore(entry, &format!("it proposes or seconds a change of the signers, and {why}"));
        }
    }

    /// Tells whether what only a captain may do for a candidate, or of a release, counts, and notes where it does not.
    pub(in crate::project) fn may_decide(
        &mut self,
        version: Version,
        event: &Event,
        entry: &CommitId,
        level: &Level,
    ) -> bool {
        let open = self.candidates.get(&version).map(|candidate| candidate.cut.policy.trust);
        let trust = open.or_else(|| self.releases.get(&version).map(|release| release.trust));
        let may = trust != Some(Trust::Signed) || is_vouched(event.authority(), level);
        if !may {
            self.ignore(entry, &format!("it takes a captain's statement to {}", event.sentence()));
        }
        may
    }
}
