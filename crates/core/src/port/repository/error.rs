//! Why the repository or its server could not do what was asked.

/// Why a repository could not do what was asked. Variants say what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepoError {
    /// It is not there, or what was asked for is not in it.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be reached now; nothing is known to have changed. Try again later.
    #[error("{0}")]
    Unavailable(String),
    /// A request was sent and no answer came: it may have been applied. Read the refs.
    #[error("{0}")]
    Unknown(String),
    /// This machine's own store was damaged, and has been made again: what was built in it is gone, and nothing of it
    /// was sent. Begin again.
    #[error("{0}")]
    Remade(String),
    /// The other side spoke, and it made no sense; or this machine's own store is broken.
    #[error("{0}")]
    Protocol(String),
}
