//! Who wrote an entry, and from where.

use serde::{Deserialize, Serialize};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A name or an address, as claimed.
    pub who: String,
    /// How far the name is proven.
    pub proof: Proof,
}

/// How far a name is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Anybody who may push could have written it.
    Claimed,
    /// The entry's commit carries a signature.
    Signed,
}

/// From where an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A person's command.
    Cli,
    /// A scheduled job.
    Ci,
    /// The server.
    Hub,
    /// A forge's webhook.
    Forge,
}
