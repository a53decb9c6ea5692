//! What is heard of an experiment while it runs: bars, plain lines and tests consume it.

use super::outcome::CheckRun;
use allclear_core::experiment::{Arm, Attempt, Experiment, Mode, Row};

/// One thing that happened in an experiment.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// So many of the repositories were found, or were not.
    Located { done: usize, of: usize },
    /// What will be looked at is known.
    Planned {
        /// Names, and how long each took the last time, in milliseconds.
        downstreams: &'a [(String, Option<u64>)],
        /// How many are tried at once.
        at_once: usize,
    },
    /// A downstream is looked at from now on.
    Started { name: &'a str },
    /// An attempt begins.
    Trying {
        /// Of which downstream.
        name: &'a str,
        /// With which version of the project.
        arm: Arm,
        /// With which versions of everything else.
        mode: Mode,
        /// Its number among those of its arm.
        number: u32,
    },
    /// An attempt ended.
    Attempted {
        /// Of which downstream.
        name: &'a str,
        attempt: &'a Attempt,
    },
    /// It is known what is to be said of a downstream.
    Judged(&'a Row),
    /// A check of the policy's own ended.
    Checked(&'a CheckRun),
    /// All is looked at.
    Ended(&'a Experiment),
}
