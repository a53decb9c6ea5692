//! What this machine remembers of each downstream: answers for the very same content, how long it took, and with
//! what it was looked at last. All of it may be forgotten at any time.

use crate::Engine;
use allclear_core::experiment::judge::Known;
use allclear_core::experiment::{Arm, Attempt, Comparison, Job, Outcome, Row, Side};
use allclear_core::types::text::hex;
use allclear_core::{CommitId, RULES, Version};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How many answers of one downstream are kept: going back and forth between two candidates costs nothing.
const ANSWERS: usize = 4;
/// How many ends of attempts are kept.
const ENDS: usize = 8;
/// With how many candidates a downstream is well before it may block.
const RIPE: usize = 3;
/// What is remembered of one downstream.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    /// By which rules its answers were found.
    rules: u32,
    /// How long it took the last time, in milliseconds.
    pub(super) millis: Option<u64>,
    /// With what it was looked at last.
    pub(super) last: Option<Inputs>,
    /// The candidates with which it was well, since it was not.
    #[serde(default)]
    clean: Vec<CommitId>,
    /// Newest first.
    answers: Vec<Answer>,
    /// Newest first.
    ends: Vec<End>,
}

/// With what a downstream was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inputs {
    /// The downstream.
    pub job: Job,
    /// What was to be released.
    pub candidate: Side,
    /// What it was compared with.
    pub baseline: Option<Side>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answer {
    to: Question,
    closure: Option<String>,
    row: Row,
}

/// All that an answer depends on, but for what floats.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Question {
    /// The executor's key of the candidate.
    pub(super) key: String,
    /// The version that the candidate will have.
    pub(super) version: Version,
    /// What it is compared with.
    pub(super) baseline: Option<Side>,
    pub(super) expects_failure: bool,
}

/// How all attempts with one content ended.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct End {
    key: String,
    closure: Option<String>,
    last: Attempt,
}

impl Memory {
    /// Gives the answer to a question. `closure` is asked where the answer was floating: it must be what it was.
    pub(super) fn answer(&self, to: &Question, closure: impl FnOnce() -> Option<String>) -> Option<&Row> {
        // What works does so whatever it is compared with.
        let same = |answer: &&Answer| {
            (&answer.to.key, answer.to.version) == (&to.key, to.version)
                && answer.to.expects_failure == to.expects_failure
                && (answer.to.baseline == to.baseline || answer.row.comparison == Comparison::Ok)
        };
        let answer = self.answers.iter().find(same)?;
        (answer.closure.is_none() || answer.closure == closure()).then_some(&answer.row)
    }

    /// Gives how it is known to end with the baseline. It may exonerate, and never convicts.
    pub(super) fn end(&self, key: &str, closure: impl FnOnce() -> Option<String>) -> Option<Known> {
        let end = self.ends.iter().find(|end| end.key == key)?;
        let Attempt { outcome, step, signature, tests, .. } = &end.last;
        (end.closure.is_none() || end.closure == closure()).then(|| Known {
            outcome: *outcome,
            step: *step,
            signature: signature.clone(),
            tests: *tests,
        })
    }

    /// Tells whether any end is known: keys cost something.
    pub(super) fn has_ends(&self) -> bool {
        !self.ends.is_empty()
    }

    /// Tells whether its newest answer to a question is that all is well.
    pub(super) fn is_ok(&self) -> bool {
        self.answers.first().is_some_and(|answer| answer.row.comparison == Comparison::Ok)
    }

    /// Gives the newest answer, whatever it was asked.
    pub(super) fn newest(&self) -> Option<&Row> {
        self.answers.first().map(|answer| &answer.row)
    }

    /// Tells whether it was well often enough to be relied on.
    pub(super) fn is_ripe(&self) -> bool {
        self.clean.len() >= RIPE
    }

    pub(super) fn note(&mut self, candidate: &CommitId, comparison: Comparison) {
        match comparison {
            Comparison::Ok | Comparison::Fixed => {
                if !self.clean.contains(candidate) && !self.is_ripe() {
                    self.clean.push(candidate.clone());
                }
            }
            // What says nothing takes nothing back.
            Comparison::Unchecked | Comparison::NotApplicable => {}
            Comparison::Regressed
            | Comparison::Suspect
            | Comparison::UnexpectedPass
            | Comparison::FailingDifferently
            | Comparison::Flaky
            | Comparison::StillFailing
            | Comparison::ExpectedFailure => self.clean.clear(),
        }
    }

    /// Keeps what an experiment found, as far as it says something for the next one.
    pub(super) fn learn(&mut self, to: Option<Question>, baseline_key: Option<String>, row: &Row) {
        self.millis = Some(row.attempts.iter().map(|a| a.millis).sum());
        let key = to.as_ref().map(|to| to.key.clone());
        for (arm, key) in [(Arm::Candidate, key), (Arm::Baseline, baseline_key)] {
            let of_it: Vec<&Attempt> = deciding(row, arm).collect();
            if let (Some(key), Some(&last)) = (key, of_it.last())
                && of_it.iter().all(|a| a.outcome == last.outcome && a.signature == last.signature)
                && lasts(last.outcome)
                && let Ok(closure) = closure_of(&of_it)
            {
                self.ends.retain(|end| end.key != key);
                let last = Attempt { log: None, ..last.clone() };
                self.ends.insert(0, End { key, closure, last });
                self.ends.truncate(ENDS);
            }
        }
        let of_it: Vec<&Attempt> = deciding(row, Arm::Candidate).collect();
        let says =
            !matches!(row.comparison, Comparison::Unchecked | Comparison::Suspect) && lasts(row.outcome);
        if let Some(to) = to.filter(|_| says)
            && let Ok(closure) = closure_of(&of_it)
        {
            self.answers.retain(|answer| answer.to != to);
            self.answers.insert(0, Answer { to, closure, row: row.clone() });
            self.answers.truncate(ANSWERS);
        }
        self.rules = RULES;
    }
}

/// Tells whether an end says something of the next time: what the lab or the network did does not.
fn lasts(outcome: Outcome) -> bool {
    !matches!(outcome, Outcome::Infra | Outcome::Network)
}

fn deciding(row: &Row, arm: Arm) -> impl Iterator<Item = &Attempt> {
    row.attempts.iter().filter(move |a| a.arm == arm && a.mode == row.mode)
}

/// What floats moved between attempts, or is not known: their answer holds for nothing.
struct Moved;

/// Gives the closure that an answer holds for; `None` where nothing floats.
fn closure_of(attempts: &[&Attempt]) -> Result<Option<String>, Moved> {
    let Some(first) = attempts.iter().find(|a| a.floating) else { return Ok(None) };
    let same = attempts.iter().all(|a| a.closure == first.closure);
    first.closure.clone().filter(|_| same).map(Some).ok_or(Moved)
}

impl Engine<'_> {
    /// Recalls what this machine knows of a downstream.
    pub(super) fn recall_downstream(&self, name: &str) -> Memory {
        let bytes = self.repo.recall(&cache_key("downstream", name));
        let memory = bytes.and_then(|bytes| serde_json::from_slice::<Memory>(&bytes).ok());
        memory.filter(|memory| memory.rules == RULES).unwrap_or_default()
    }

    pub(super) fn remember_downstream(&self, name: &str, memory: &Memory) {
        if let Ok(bytes) = serde_json::to_vec(memory) {
            self.repo.remember(&cache_key("downstream", name), &bytes);
        }
    }
}

/// One place for each downstream, so that what is kept is as much as there are downstreams.
pub(super) fn cache_key(what: &str, name: &str) -> String {
    let digest = Sha256::digest(name.as_bytes());
    let digits = hex(&digest[..12]);
    format!("{what}-{digits}")
}
