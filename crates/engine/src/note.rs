//! What is heard of a use case while it runs.

use allclear_core::{CommitId, OperationId, Version};

/// A step of a use case, as it happens: what progress lines, logs and crash tests consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The server was read.
    Observed,
    /// All gates were judged once more for this commit.
    Judged(CommitId),
    /// All objects exist in the private store.
    Built,
    /// The plan is on the ledger.
    Planned(OperationId),
    /// The one push is about to start.
    Moving(OperationId),
    /// The push ended, whatever it says.
    Moved(OperationId),
    /// The refs were read over a new connection.
    ReadBack,
    /// Somebody moved develop; the plan is made anew.
    Replanning {
        /// Which try this will be.
        attempt: u32,
    },
    /// A decision goes on record without a signature, where the policy wants one.
    Unsigned,
    /// An append lost its race and is tried again.
    Raced,
    /// The release is on record.
    Confirmed(Version),
    /// The run of an after-step is on record as begun, and starts now.
    StepBegins(Version, String),
    /// The run of an after-step ended; nothing is recorded of that yet.
    StepEnded(Version, String),
    /// A notice was delivered; nothing is recorded of that yet.
    Notified(String),
}
