//! What a git that failed means to the caller.

use crate::process::Failure;
use allclear_core::CommitId;
use allclear_core::port::RepoError;

pub(crate) fn unavailable(e: Failure) -> RepoError {
    match e {
        Failure::Start(_) => RepoError::NotFound(e.to_string()),
        Failure::TimedOut { .. } | Failure::Failed { .. } => RepoError::Unavailable(e.to_string()),
        Failure::Odd { .. } => RepoError::Protocol(e.to_string()),
    }
}

pub(crate) fn broken(e: Failure) -> RepoError {
    match e {
        Failure::Start(_) => RepoError::NotFound(e.to_string()),
        Failure::TimedOut { .. } | Failure::Failed { .. } | Failure::Odd { .. } => {
            RepoError::Protocol(e.to_string())
        }
    }
}

pub(crate) fn id(text: &str) -> Result<CommitId, RepoError> {
    CommitId::parse(text).map_err(|e| RepoError::Protocol(e.to_string()))
}

pub(crate) fn io(what: &str, e: &std::io::Error) -> RepoError {
    RepoError::Protocol(format!("{what}: {e}"))
}
