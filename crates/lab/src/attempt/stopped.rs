//! Why an attempt stopped.

use allclear_core::experiment::{Outcome, Step};
use allclear_core::types::text::short;

/// Where an attempt stopped, and why.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) outcome: Outcome,
    pub(crate) step: Step,
    /// What was printed, as far as it was kept.
    pub(crate) log: String,
    pub(crate) note: Option<String>,
}

impl Stopped {
    /// Says that the lab itself failed.
    pub(crate) fn infra(why: &str) -> Self {
        Self::before(Outcome::Infra, format!("the lab itself failed: {}", short(why, 200)))
    }

    /// Says that the lab cannot write its own files.
    pub(crate) fn unwritable(why: &std::io::Error) -> Self {
        Self::before(Outcome::Infra, format!("the lab cannot write its own files: {why}"))
    }

    /// Says that it cannot be tried here.
    pub(crate) fn unprepared(why: impl Into<String>) -> Self {
        Self::before(Outcome::Unprepared, why)
    }

    /// Says that it stopped before anything was run.
    fn before(outcome: Outcome, note: impl Into<String>) -> Self {
        Self { outcome, step: Step::Prepare, log: String::new(), note: Some(note.into()) }
    }
}
