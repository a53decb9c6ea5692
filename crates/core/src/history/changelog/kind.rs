//! The kinds of change, and how the commits of a cut are known.

use serde::Serialize;

/// How the second paragraph of every commit begins that a cut makes; such commits are not changes.
pub const MADE_AT_THE_CUT: &str = "Made by allclear at the cut";

/// A kind of change, in the order of Keep a Changelog.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// New features.
    Added,
    /// Changes in what there was.
    Changed,
    /// What will be removed.
    Deprecated,
    /// What was removed.
    Removed,
    /// What was wrong.
    Fixed,
    /// What was vulnerable.
    Security,
}

impl Kind {
    /// Gives its heading.
    pub fn name(self) -> &'static str {
        match self {
            Self::Added => "Added",
            Self::Changed => "Changed",
            Self::Deprecated => "Deprecated",
            Self::Removed => "Removed",
            Self::Fixed => "Fixed",
            Self::Security => "Security",
        }
    }
}
