//! What was observed of git, the server, the credential and the clone.

use allclear_core::RefName;
use allclear_core::facts::Trap;
use allclear_core::port::history::Reach;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the last probe of the server found out, as this machine remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    pub at: Timestamp,
    /// Whether all that a release needs could be done.
    pub works: bool,
    /// Whether the server protects a record at `refs/allclear/*` from a rewind and from deletion.
    pub custom: bool,
    /// Whether it does so at `refs/heads/allclear/*`.
    pub branch: bool,
}

#[derive(Debug)]
pub struct Prerequisites {
    pub git: String,
    /// Why the server cannot be read; `None` where it can, or was not asked.
    pub unreachable: Option<String>,
    /// How far a push would come.
    pub reach: Reach,
    pub probed: Option<Probed>,
    /// Names that git reads as something else.
    pub traps: Vec<Trap>,
    /// The newest date in the history or the ledger.
    pub newest: Option<Timestamp>,
    pub ledger: Option<RefName>,
    /// What earlier probes left on the server.
    pub leftovers: Vec<RefName>,
    /// The command that deletes it.
    pub delete: Option<String>,
    pub shallow: bool,
    pub partial: bool,
    /// Where the clone fetches from, if that is not where it pushes to.
    pub fetched_from: Option<String>,
    /// How many release tags and branches of the server the clone does not have as they are.
    pub behind: usize,
    pub asked: bool,
}
