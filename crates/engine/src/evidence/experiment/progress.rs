//! The events of an experiment while it runs, for progress bars, plain lines and tests.

use super::outcome::CheckRun;
use allclear_core::experiment::{Arm, Attempt, Experiment, Mode, Row};

/// One thing that happened in an experiment.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// Some of the repositories were located, or could not be.
    Located { done: usize, of: usize },
    /// The downstreams are known.
    Planned {
        /// Names, and how long each took the last time, in milliseconds.
        downstreams: &'a [(String, Option<u64>)],
        /// How many are tried at once.
        at_once: usize,
    },
    /// The first attempt of a downstream is about to begin.
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
    /// The result for a downstream is known.
    Judged(&'a Row),
    /// A check of the policy's own ended.
    Checked(&'a CheckRun),
    /// The experiment ended.
    Finished(&'a Experiment),
}
