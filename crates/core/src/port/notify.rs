//! Delivering notices.

use crate::policy::Way;

/// Why a notice did not arrive, without any secret. Variants say what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotifyError {
    /// It cannot arrive as it is set up: an address or a variable is wrong here. A person mends that.
    #[error("{0}")]
    SetUp(String),
    /// The other side, or the command, was reached and did not take it. Try again later.
    #[error("{0}")]
    Refused(String),
    /// The other side could not be reached from this machine. Try again later, or from another one.
    #[error("{0}")]
    Unavailable(String),
}

/// A machine that can deliver a notice.
pub trait Notify: Send + Sync {
    /// Delivers a notice once. `id` is the same whenever the same notice is delivered again.
    fn deliver(&self, way: &Way, id: &str, body: &str) -> Result<(), NotifyError>;
}
