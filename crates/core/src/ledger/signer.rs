//! Who may sign, as entries name them: keys, whose they are, and what they may do.

use super::signature::Fingerprint;
use crate::types::person::is_same;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What a signer may do.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub enum Role {
    /// Change the signers.
    Admin,
    /// Approve, waive, accept, answer reports, lift a hold, adopt a policy.
    Captain,
    /// Approve.
    Approver,
    /// Record the results of any check.
    Recorder,
    /// Record the results of one check.
    Checker(String),
}

impl Role {
    /// Parses `admin`, `captain`, `approver`, `recorder` or `checker:NAME`.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "admin" => Self::Admin,
            "captain" => Self::Captain,
            "approver" => Self::Approver,
            "recorder" => Self::Recorder,
            _ => Self::Checker(text.strip_prefix("checker:").filter(|name| !name.is_empty())?.into()),
        })
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Admin => f.write_str("admin"),
            Self::Captain => f.write_str("captain"),
            Self::Approver => f.write_str("approver"),
            Self::Recorder => f.write_str("recorder"),
            Self::Checker(name) => write!(f, "checker:{name}"),
        }
    }
}

impl From<Role> for String {
    fn from(role: Role) -> Self {
        role.to_string()
    }
}

impl TryFrom<String> for Role {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("`{}` is not a role", crate::types::text::short(&text, 40)))
    }
}

/// A key, whose it is, and what it may do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Whose, `Mira <mira@example.org>`. Keys of one name are one person.
    pub name: String,
    /// The public key, `ssh-ed25519 AAAA…`.
    pub key: String,
    /// What it may do.
    pub roles: Vec<Role>,
}

/// A change of the signers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Keys that are new, or get other roles.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add: Vec<Signer>,
    /// Keys that are revoked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub revoke: Vec<Fingerprint>,
    /// How many admins a change takes from here on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threshold: Option<u32>,
    /// Why.
    pub reason: String,
}

pub(crate) fn distinct<'a>(signers: impl Iterator<Item = &'a Signer>) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for signer in signers {
        if !names.iter().any(|name| is_same(name, &signer.name)) {
            names.push(&signer.name);
        }
    }
    names
}
