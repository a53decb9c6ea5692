//! Claims of the record, and whether they hold.

use serde::{Deserialize, Serialize};

/// The result of checking a claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "truth", content = "why", rename_all = "kebab-case")]
pub enum Truth {
    /// It is so.
    Holds,
    /// Nothing here can tell, for this reason.
    CannotBeChecked(String),
    /// It is not so.
    DoesNotHold(String),
}

impl Truth {
    /// Gives the words that people see.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::CannotBeChecked(_) => "cannot be checked",
            Self::DoesNotHold(_) => "does not hold",
        }
    }

    /// Gives the reason, where it is not simply so.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Holds => None,
            Self::CannotBeChecked(why) | Self::DoesNotHold(why) => Some(why),
        }
    }

    /// Holds, or does not for this reason.
    pub fn when(holds: bool, why: impl FnOnce() -> String) -> Self {
        if holds { Self::Holds } else { Self::DoesNotHold(why()) }
    }
}

/// One thing that the record claims.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What it is about, one or two words.
    pub about: String,
    /// Whether it holds.
    #[serde(flatten)]
    pub truth: Truth,
}

impl Claim {
    /// Makes a claim.
    pub fn new(about: &str, truth: Truth) -> Self {
        Self { about: about.into(), truth }
    }
}
