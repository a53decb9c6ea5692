//! What an experiment found.

use super::{Arm, Comparison, Mode, Outcome, Step, Tier};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The schema of an experiment as JSON.
pub const SCHEMA: &str = "allclear.experiment/1";

/// The version and content that were built, as the resolver reports them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// The version, as the ecosystem writes it.
    pub version: String,
    /// The content: `h1:…` for Go, the tree's id otherwise.
    pub hash: String,
}

/// The tests of one attempt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tests {
    /// How many ran to an end, by positive evidence.
    pub ran: u64,
    /// How many of them failed.
    pub failed: u64,
    /// How many the sources declare; 0 where that is not known.
    pub declared: u64,
}

/// One try of one downstream with one arm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// With which version of the project.
    pub arm: Arm,
    /// With which versions of everything else.
    pub mode: Mode,
    /// By how much the limits of time and memory were multiplied.
    pub scale: u32,
    /// How it ended.
    pub outcome: Outcome,
    /// The step it ended in; `None` where it passed.
    pub step: Option<Step>,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// The most memory that it had at once, in MiB; 0 where that is not known.
    pub memory: u64,
    /// What was built.
    pub proof: Option<Proof>,
    /// Its tests; `None` where there was no test step.
    pub tests: Option<Tests>,
    /// The first line that says what is wrong, as it was printed, made safe to show.
    pub error: Option<String>,
    /// The digest of the normalised error, by which failures are grouped and compared: 12 hex digits.
    pub signature: Option<String>,
    /// One sentence of the lab's own, such as what tool is missing and how to install it.
    pub note: Option<String>,
    /// The digest of all that was resolved.
    pub closure: Option<String>,
    /// Whether what was resolved can change by itself: something was asked for in its newest version.
    pub floating: bool,
    /// Where its log is on this machine; kept for failures only.
    pub log: Option<String>,
}

impl Attempt {
    /// Makes an attempt that passed.
    pub fn new(arm: Arm, mode: Mode) -> Self {
        Self {
            arm,
            mode,
            scale: 1,
            outcome: Outcome::Passed,
            step: None,
            millis: 0,
            memory: 0,
            proof: None,
            tests: None,
            error: None,
            signature: None,
            note: None,
            closure: None,
            floating: false,
            log: None,
        }
    }
}

/// What was found of one downstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// Its repository.
    pub project: String,
    /// Its commit.
    pub commit: CommitId,
    /// The tag by which that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Which mode decided.
    pub mode: Mode,
    /// How much it counts.
    pub tier: Tier,
    /// How the arms compare.
    pub comparison: Comparison,
    /// How the candidate's deciding attempt ended.
    pub outcome: Outcome,
    /// In which step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<Step>,
    /// What was built with the candidate; `None` where that is not proven.
    pub proof: Option<Proof>,
    /// All attempts, in order; empty where the answer was known.
    pub attempts: Vec<Attempt>,
    /// The group of the failure.
    pub signature: Option<String>,
    /// The line that says what is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// The cause, or why it could not be tried: one sentence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The command that repeats it.
    pub repro: String,
    /// Whether the answer was known from an earlier experiment with the very same content.
    pub known: bool,
}

/// A version of the project, pinned by commit and content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pinned {
    /// The version.
    pub version: Version,
    /// The commit.
    pub commit: CommitId,
    /// The content, as far as it was packed: `h1:…` for Go, the tree's id otherwise.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<String>,
}

/// How much an experiment can say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Coverage {
    /// How many downstreams gave an answer.
    pub conclusive: u64,
    /// How many should have.
    pub of: u64,
    /// How many are left out: they fail with both arms, or are not meant to be tried.
    pub left_out: u64,
}

impl Coverage {
    /// Counts comparisons.
    pub fn of(rows: impl Iterator<Item = Comparison>) -> Self {
        let mut coverage = Self::default();
        for comparison in rows {
            match comparison.is_conclusive() {
                Some(conclusive) => {
                    coverage.of += 1;
                    coverage.conclusive += u64::from(conclusive);
                }
                None => coverage.left_out += 1,
            }
        }
        coverage
    }

    /// Tells whether at least `percent` of what should have answered did.
    pub fn reaches(self, percent: u64) -> bool {
        u128::from(self.conclusive) * 100 >= u128::from(self.of) * u128::from(percent)
    }
}

/// What an experiment says as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Nothing regressed, and enough was looked at.
    Passed,
    /// A downstream regressed, confirmed.
    Regressed,
    /// Nothing is known to have regressed, but too little was tried.
    Inconclusive,
}

/// A whole experiment: its results table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Experiment {
    /// `allclear.experiment/1`.
    pub schema: String,
    /// Its id: 12 hex digits of what went in and what came out.
    pub experiment: String,
    /// When it began, UTC.
    pub began: Timestamp,
    /// How long it took, in milliseconds.
    pub millis: u64,
    /// What is to be released.
    pub candidate: Pinned,
    /// What it was compared with; `None` before the first release.
    pub baseline: Option<Pinned>,
    /// What was found, worst first.
    pub downstreams: Vec<Row>,
    /// How much of it is conclusive.
    pub coverage: Coverage,
    /// What it says as a whole.
    pub verdict: Verdict,
    /// How foreign code was contained, in words: `bubblewrap, cgroup v2`.
    pub contained: String,
}
