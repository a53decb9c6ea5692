//! What is known of a job before its first attempt.

use crate::experiment::sequential::Sequential;
use crate::experiment::{Outcome, Step, Tests};

/// What is known before the first attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// When enough was tried.
    pub rule: Sequential,
    /// Whether the policy expects it to fail.
    pub expects_failure: bool,
    /// Whether there is a release to compare with.
    pub has_baseline: bool,
    /// How the baseline ended before with the same content. It may clear the candidate, never blame it.
    pub known: Option<Known>,
    /// Whether an attempt with its pinned versions can tell the cause: it has some, and they do not decide.
    pub locked_differs: bool,
}

/// How the baseline ended before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// How it ended.
    pub outcome: Outcome,
    /// In which step; `None` where it passed.
    pub step: Option<Step>,
    /// The group of its failure.
    pub signature: Option<String>,
    /// Its tests; `None` where there was no test step.
    pub tests: Option<Tests>,
}
