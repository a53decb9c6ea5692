//! What a failure of git means to the caller.

use crate::process::Failure;
use allclear_core::CommitId;
use allclear_core::port::RepoError;

/// What a failure means where a server was involved.
pub(crate) fn unavailable(e: Failure) -> RepoError {
    match e {
        Failure::Start(_) => RepoError::NotFound(e.to_string()),
        Failure::TimedOut { .. } | Failure::Failed { .. } => RepoError::Unavailable(e.to_string()),
        Failure::Odd { .. } => RepoError::Protocol(e.to_string()),
    }
}

/// What a failure means where only this machine's store was involved.
pub(crate) fn broken(e: Failure) -> RepoError {
    match e {
        Failure::Start(_) => RepoError::NotFound(e.to_string()),
        Failure::TimedOut { .. } => RepoError::Unavailable(e.to_string()),
        Failure::Failed { .. } | Failure::Odd { .. } => RepoError::Protocol(e.to_string()),
    }
}

/// Any exit code but 0 is an error.
pub(super) fn done(verb: &str, (code, said): (Option<i32>, Vec<String>)) -> Result<(), RepoError> {
    if code == Some(0) { Ok(()) } else { Err(broken(Failure::Failed { verb: verb.into(), said })) }
}

pub(super) fn missing(what: &str) -> RepoError {
    RepoError::Protocol(format!("the private store lacks {what}"))
}

pub(crate) fn id(text: &str) -> Result<CommitId, RepoError> {
    CommitId::parse(text).map_err(|e| RepoError::Protocol(e.to_string()))
}

pub(crate) fn io(what: &str, e: &std::io::Error) -> RepoError {
    RepoError::Protocol(format!("{what}: {e}"))
}
