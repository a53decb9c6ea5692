//! The experiments on record: what counts for a commit, and how each downstream did before. Both are bounded,
//! however much is pushed.

use crate::experiment::{Comparison, Summary};
use crate::policy::Trust;
use crate::types::object_id::CommitId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// For how many commits experiments are kept.
const COMMITS: usize = 12;
/// How many experiments a downstream's history has.
const PAST: usize = 6;

/// The experiments of a project.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiments {
    /// By commit, the one that was looked at last at the end.
    commits: Vec<Looked>,
    /// What was not well in the last experiments, the newest at the end.
    past: Vec<BTreeMap<String, Comparison>>,
}

/// The experiments with one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Looked {
    commit: CommitId,
    last: Trial,
    /// The last one that counts where only signatures do, where that is another one.
    counted: Option<Trial>,
    inconclusive_since: Option<Timestamp>,
}

/// An experiment on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trial {
    /// What it found.
    pub summary: Summary,
    /// When it was recorded.
    pub at: Timestamp,
    /// Who recorded it.
    pub by: String,
    /// The entry, which has the table beside it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<CommitId>,
    /// Whether a checker's or a recorder's signature is on it.
    pub vouched: bool,
}

/// What the record says of one commit.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The experiment that counts; `None` where all there are want a signature.
    pub trial: Option<&'a Trial>,
    /// Since when its experiments are inconclusive.
    pub inconclusive_since: Option<Timestamp>,
}

impl Experiments {
    /// Takes one more. `floor` is the coverage that the candidate's policy asks for, in percent.
    pub(crate) fn take(&mut self, trial: Trial, floor: u64) {
        let summary = &trial.summary;
        let told = summary.findings.iter().map(|line| (line.name.clone(), line.comparison));
        self.past.push(told.collect());
        if self.past.len() > PAST {
            self.past.remove(0);
        }
        let known = self.commits.iter().position(|looked| looked.commit == summary.commit);
        let before = known.map(|nth| self.commits.remove(nth));
        let since = before.as_ref().and_then(|looked| looked.inconclusive_since);
        let open = summary.is_inconclusive(floor).then_some(trial.at);
        // A failure counts, whoever recorded it.
        let counts = trial.vouched || summary.is_bad();
        let earlier = before.and_then(|looked| looked.counted.or(Some(looked.last)));
        self.commits.push(Looked {
            commit: summary.commit.clone(),
            counted: earlier.filter(|earlier| !counts && (earlier.vouched || earlier.summary.is_bad())),
            inconclusive_since: since.or(open),
            last: trial,
        });
        if self.commits.len() > COMMITS {
            self.commits.remove(0);
        }
    }

    /// Gives what is known of a commit; `None` where it was never looked at.
    pub fn of(&self, commit: &CommitId, trust: Trust) -> Option<Known<'_>> {
        let looked = self.commits.iter().find(|looked| looked.commit == *commit)?;
        let last = &looked.last;
        let trial = match trust {
            Trust::Claimed => Some(last),
            Trust::Signed if last.vouched || last.summary.is_bad() => Some(last),
            Trust::Signed => looked.counted.as_ref(),
        };
        Some(Known { trial, inconclusive_since: looked.inconclusive_since })
    }

    /// Says what a downstream was again and again: `flaky in 4 of the last 6 experiments`.
    pub fn story(&self, name: &str) -> Option<String> {
        let times = |what: Comparison| self.past.iter().filter(|of| of.get(name) == Some(&what)).count();
        let again = [Comparison::Flaky, Comparison::Regressed, Comparison::Suspect, Comparison::Unchecked];
        let (what, n) = again.map(|what| (what, times(what))).into_iter().max_by_key(|(_, n)| *n)?;
        let of = self.past.len();
        (n > 1).then(|| format!("{} in {n} of the last {of} experiments", what.name()))
    }

    /// Keeps what one commit is judged by.
    pub(crate) fn only(&self, commit: &CommitId) -> Self {
        let commits = self.commits.iter().filter(|looked| looked.commit == *commit).cloned().collect();
        Self { commits, past: Vec::new() }
    }

    /// Forgets the experiments with a commit whose candidate has ended.
    pub(crate) fn forget(&mut self, commit: &CommitId) {
        self.commits.retain(|looked| looked.commit != *commit);
    }
}
