//! Pushes that changed nothing, or whose outcome is not known.

use crate::{Fault, FaultKind};
use allclear_core::port::{PushAnswer, RepoError};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushRefusal {
    /// The server refused it for a reason of its own, though no ref had moved.
    Refused { answer: PushAnswer, doing: String },
    /// It was sent, and then the server could not be read.
    Unanswered(RepoError),
}

impl PushRefusal {
    pub(crate) fn refused(answer: PushAnswer, doing: impl Into<String>) -> Self {
        Self::Refused { answer, doing: doing.into() }
    }
}

impl From<&PushRefusal> for Fault {
    fn from(refusal: &PushRefusal) -> Self {
        match refusal {
            PushRefusal::Refused { answer, doing } if !answer.locks.is_empty() => {
                let files = answer.locks.join(", ");
                Self::try_later(format!("the server holds stale locks while {doing}: {files}"))
                    .hint("an administrator of the server removes these files, after making sure that no git process uses them")
                    .hint("then run allclear tick")
            }
            PushRefusal::Refused { answer, doing } if answer.no_atomic => {
                Self::refused(format!("the server does not support atomic pushes, which {doing} needs"))
                    .hint("allclear moves all refs in one transaction or none; use a server that supports git push --atomic")
                    .hint("or set promotion.push = \"sequential\": the entry goes first and alone, and one ref after the other follows")
            }
            PushRefusal::Refused { answer, doing } if !answer.refused => {
                let said = if answer.said.is_empty() { "git did not say why".into() } else { answer.said.join("\n  ") };
                Self::try_later(format!("the server did not take {doing}:\n  {said}"))
                    .hint("run the command again when the server is well")
                    .hint("where git names a ref that matches more than one, allclear status shows the tag to delete")
            }
            PushRefusal::Refused { answer, doing } => {
                let said = if answer.said.is_empty() { "it gave no reason".into() } else { answer.said.join("\n  ") };
                Self::refused(format!("the server refused {doing}:\n  {said}"))
                    .hint("let this credential bypass the rule, or run allclear with one that may push")
                    .hint("run the command again when this is solved; a refused promotion is not retried automatically")
            }
            PushRefusal::Unanswered(error) => Self { kind: FaultKind::Unknown, ..Self::from(error) }
                .truth("a push was sent and the server does not answer: it may or may not have been applied")
                .hint("run allclear tick: it reads the refs until it knows"),
        }
    }
}
