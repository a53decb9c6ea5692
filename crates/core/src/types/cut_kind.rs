//! What a candidate is cut for.

use serde::{Deserialize, Serialize};

/// What a candidate is cut for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutKind {
    /// The work on develop.
    #[default]
    Regular,
    /// A fix of what is released; cut from stable.
    Hotfix,
}

impl CutKind {
    /// Tells whether it is cut from develop, as the train does.
    pub fn is_regular(&self) -> bool {
        *self == Self::Regular
    }
}
