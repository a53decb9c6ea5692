//! What is heard of a use case while it runs.

use allclear_core::{CommitId, Version};

/// A step of a use case, as it happens: what progress lines, logs and crash tests consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The server was read.
    Observed,
    /// All gates were judged once more for this commit.
    Judged(CommitId),
    /// All objects exist in the private store.
    Built,
    /// The one push is about to start.
    Pushing(Version),
    /// The push ended, whatever it says.
    Pushed(Version),
    /// The refs were read over a new connection.
    ReadBack,
    /// Somebody else was first; all is judged and built anew.
    Overtaken {
        /// What they moved, in words.
        by: String,
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
