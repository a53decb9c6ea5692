//! Exit codes: an interface for scripts, as stable as the JSON.

use allclear_core::decide::assess::State;
use allclear_core::{Assessment, Version};
use allclear_engine::{Fault, FaultKind};
use std::process::ExitCode;

/// What the process tells its parent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or clear.
    Done = 0,
    /// A person is needed.
    Blocked = 1,
    /// A mistake in the command or the policy file.
    Usage = 2,
    /// A rule refuses.
    Refused = 3,
    /// Somebody moved a ref.
    Conflict = 5,
    /// The outcome is not known.
    Unknown = 6,
    /// Time or machines will do.
    Waiting = 8,
    TryLater = 75,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

pub(crate) fn of(fault: &Fault) -> Exit {
    match fault.kind {
        FaultKind::Blocked => Exit::Blocked,
        FaultKind::Usage => Exit::Usage,
        FaultKind::Refused => Exit::Refused,
        FaultKind::Conflict => Exit::Conflict,
        FaultKind::Unknown => Exit::Unknown,
        FaultKind::Waiting => Exit::Waiting,
        FaultKind::TryLater | FaultKind::Broken => Exit::TryLater,
    }
}

/// Gives the exit code for one candidate or all of them: the one that needs somebody most.
pub(crate) fn of_candidates(assessment: &Assessment, about: Option<Version>) -> Exit {
    let states =
        assessment.candidates.iter().filter(|c| about.is_none_or(|v| v == c.version)).map(|c| c.state);
    let states: Vec<State> = states.collect();
    if states.contains(&State::Unknown) {
        Exit::Unknown
    } else if !assessment.stops.is_empty() || states.contains(&State::Blocked) {
        Exit::Blocked
    } else if states.iter().any(|s| matches!(s, State::Waiting | State::Promoting)) {
        Exit::Waiting
    } else {
        Exit::Done
    }
}
