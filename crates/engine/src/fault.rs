//! What a person hears when something was not done: what happened, what is true now, what to do.

use allclear_core::port::{PushAnswer, RepoError};
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
    /// What to do.
    pub hints: Vec<String>,
}

/// What kind of fault it is.
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
    /// Try again later.
    TryLater,
    /// This machine's private store is damaged.
    Broken,
}

/// What is true when nothing was sent, or all of it refused.
pub(crate) const NOTHING: &str = "nothing was changed on the server";

impl Fault {
    /// Makes a fault after which nothing has changed.
    pub fn new(kind: FaultKind, what: impl Into<String>) -> Self {
        Self { kind, what: what.into(), truth: NOTHING.into(), hints: Vec::new() }
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

    /// Reports a push that the server refused for a reason of its own, though no ref had moved.
    pub(crate) fn refused(answer: &PushAnswer, doing: &str) -> Self {
        if !answer.locks.is_empty() {
            let files = answer.locks.join(", ");
            return Self::new(FaultKind::TryLater, format!("the server holds stale locks while {doing}: {files}"))
                .hint("an administrator of the server removes these files, after making sure that no git process uses them")
                .hint("then run allclear tick");
        }
        if answer.no_atomic {
            return Self::new(FaultKind::Refused, format!("the server does not support atomic pushes, which {doing} needs"))
                .hint("allclear moves all refs in one transaction or none; use a server that supports git push --atomic");
        }
        let said = if answer.said.is_empty() { "it gave no reason".into() } else { answer.said.join("\n  ") };
        Self::new(FaultKind::Refused, format!("the server refused {doing}:\n  {said}"))
            .hint("let this credential past the rule (a bypass for the release bot), or run allclear with one that may push")
            .hint("it is not retried until somebody runs allclear again")
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

impl From<RepoError> for Fault {
    fn from(error: RepoError) -> Self {
        match error {
            RepoError::NotFound(what) => Self::new(FaultKind::Usage, what),
            RepoError::Unavailable(what) => {
                Self::new(FaultKind::TryLater, what).hint("check the connection and the login, then try again; allclear status --offline shows the last look")
            }
            RepoError::Unknown(what) => Self::new(FaultKind::Unknown, what)
                .truth("it may or may not have been applied; do not push by hand")
                .hint("run allclear tick: it reads the refs until it knows"),
            RepoError::Remade(what) => Self::new(FaultKind::Broken, what).hint("run the command again"),
            RepoError::Protocol(what) => Self::new(FaultKind::Broken, what)
                .hint("allclear's private store can be deleted at any time; it is made again (~/.cache/allclear)"),
        }
    }
}
