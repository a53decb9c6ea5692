//! Names of git's objects.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A full git object id in lower-case hex: 40 digits (SHA-1) or 64 (SHA-256).
#[derive(PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CommitId(Box<str>);

impl Clone for CommitId {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }

    // Ids of one repository are of one length: the memory is used again.
    fn clone_from(&mut self, source: &Self) {
        self.0.clone_from(&source.0);
    }
}

/// Why a text is not a [`CommitId`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a full object id (40 or 64 hex digits)", crate::types::text::plain(.0))]
pub struct NotAnId(pub String);

impl CommitId {
    /// Parses a full object id; abbreviations are refused, because they can change meaning.
    pub fn parse(text: &str) -> Result<Self, NotAnId> {
        let whole = matches!(text.len(), 40 | 64);
        if whole && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b)) {
            Ok(Self(text.into()))
        } else {
            Err(NotAnId(text.chars().take(80).collect()))
        }
    }

    /// Gives the full hex form.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the first seven digits, for people.
    pub fn short(&self) -> &str {
        &self.0[..7]
    }
}

impl fmt::Display for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for CommitId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for CommitId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
