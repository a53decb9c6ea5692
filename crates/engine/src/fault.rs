//! What a person hears when something was not done: what happened, what is true now, what to do.

use std::fmt;

/// Something that was not done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Its kind; the CLI's exit code follows from it.
    pub kind: FaultKind,
    /// What happened.
    pub what: String,
    /// What is true now.
    pub truth: String,
    pub hints: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// A person is needed.
    Blocked,
    /// A mistake in the command or the policy file.
    Usage,
    /// A rule of the server, or of the record, refuses.
    Refused,
    /// Somebody moved a ref.
    Conflict,
    /// It may or may not have happened.
    Unknown,
    /// Time or machines will do.
    Waiting,
    TryLater,
    /// This machine's private store is damaged.
    Broken,
}

/// What is true when nothing was sent, or all of it refused.
const NOTHING: &str = "nothing was changed on the server";

impl Fault {
    /// Makes a fault after which nothing has changed.
    pub fn new(kind: FaultKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), truth: NOTHING.into(), hints: Vec::new() }
    }

    pub(crate) fn blocked(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Blocked, what)
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Usage, what)
    }

    pub(crate) fn refused(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Refused, what)
    }

    pub(crate) fn conflict(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Conflict, what)
    }

    pub(crate) fn unknown(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Unknown, what)
    }

    pub(crate) fn waiting(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Waiting, what)
    }

    pub(crate) fn try_later(what: impl Into<String>) -> Self {
        Self::new(FaultKind::TryLater, what)
    }

    pub(crate) fn broken(what: impl Into<String>) -> Self {
        Self::new(FaultKind::Broken, what)
    }

    /// Adds something to do.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says what is true instead of "nothing was changed".
    pub fn truth(mut self, truth: impl Into<String>) -> Self {
        self.truth = truth.into();
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.what)?;
        write!(f, "{}", self.truth)?;
        for hint in &self.hints {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}
