//! What a gate can say, worst last.

use serde::{Deserialize, Serialize};

/// A gate's answer. The order is the rule: the worst of all enforced gates is the candidate's.
/// *Failed* (the thing is bad) is never *errored* (the test system is).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The gate has nothing to judge here.
    NotApplicable,
    /// Clear.
    Passed,
    /// Clear, because a named person said so on record.
    Waived,
    /// Clears by itself as time passes.
    Pending,
    /// A machine is at work on it.
    Running,
    /// What it needs was never delivered; no data is never a pass.
    Missing,
    /// Data, but no answer.
    Inconclusive,
    /// The test system failed, not the thing tested.
    Errored,
    /// The thing is bad.
    Failed,
}

impl Verdict {
    /// Tells whether a promotion may go ahead as far as this gate is concerned.
    pub fn is_clear(self) -> bool {
        self <= Self::Waived
    }

    /// Gives its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotApplicable => "not-applicable",
            Self::Passed => "passed",
            Self::Waived => "waived",
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Missing => "missing",
            Self::Inconclusive => "inconclusive",
            Self::Errored => "errored",
            Self::Failed => "failed",
        }
    }

    /// Gives the word people see: ok, waiting, blocked or unknown.
    pub fn word(self) -> &'static str {
        match self {
            Self::NotApplicable | Self::Passed | Self::Waived => "ok",
            Self::Pending | Self::Running | Self::Missing => "waiting",
            Self::Inconclusive | Self::Errored => "unknown",
            Self::Failed => "blocked",
        }
    }
}
