//! What experiments found.

use crate::experiment::Summary;
use crate::ledger::authority::{Authority, DOWNSTREAM};
use crate::ledger::entry::Entry;
use crate::project::experiments::Trial;
use crate::project::state::Project;
use crate::project::trust::{Level, is_vouched, told_by};

impl Project {
    /// Notes an experiment. Its word counts like that of a check called `downstream`.
    pub(in crate::project) fn tried(&mut self, summary: &Summary, entry: &Entry, level: &Level) {
        let gate = self.candidates.get(&summary.version).map(|c| c.cut.policy.gates.downstream);
        let trial = Trial {
            summary: summary.clone(),
            at: self.at,
            by: told_by(entry, level).into(),
            entry: self.head.clone(),
            vouched: is_vouched(Authority::Checker(DOWNSTREAM), level),
        };
        self.experiments.take(trial, gate.unwrap_or_default().coverage.into());
    }
}
