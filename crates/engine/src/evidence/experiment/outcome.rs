//! What comes of an experiment.

use allclear_core::experiment::{Attempt, Coverage, Experiment, Row, Verdict};
use allclear_core::ledger::event::CheckOutcome;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What came of it.
#[derive(Debug, Clone)]
pub struct Tested {
    /// The table.
    pub experiment: Experiment,
    /// The names of those that were asked for; the others are known from before.
    pub asked: BTreeSet<String>,
    /// What the policy's own checks said.
    pub checks: Vec<CheckRun>,
    /// How much of what was asked for is conclusive.
    pub coverage: Coverage,
    /// What it says of what was asked for.
    pub verdict: Verdict,
    /// What is known of the past of some, in a few words.
    pub past: BTreeMap<String, String>,
    pub kept: RecordStatus,
    /// Downstreams of tier `should` that may well become `must`.
    pub ripe: Vec<String>,
}

impl Tested {
    /// Gives the rows of those that were asked for, worst first.
    pub fn rows(&self) -> impl Iterator<Item = &Row> {
        self.experiment.downstreams.iter().filter(|row| self.asked.contains(&row.name))
    }
}

/// Whether an experiment is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RecordStatus {
    /// It is, as an entry of its own.
    Recorded,
    /// The very same was found before, and is on record.
    AlreadyRecorded,
    /// It is not, and why.
    NotRecorded(String),
}

/// What a check of the policy's own said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckRun {
    /// The check.
    pub name: String,
    /// How it ended; `None` where the lab could not find out.
    pub outcome: Option<CheckOutcome>,
    pub attempt: Attempt,
    /// Whether that was known from an earlier run with the very same content.
    pub known: bool,
}
