//! What a promotion makes of the refs, as its one entry has it.

use crate::types::object_id::CommitId;
use crate::types::ref_name::Branch;
use crate::types::version::Version;
use serde::{Deserialize, Serialize};

/// A promotion: what each ref was, and what it is from then on. The entry attaches the raw bytes of stable's merge
/// and of the tag, so that a machine without the keys that signed them goes on with the same ids.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// What is released.
    pub version: Version,
    /// The rc's commit.
    pub commit: CommitId,
    /// The candidate's branch, which ends.
    pub branch: Branch,
    /// The stable branch.
    pub stable_branch: Branch,
    /// The develop branch.
    pub develop_branch: Branch,
    /// The release tag's name.
    pub tag: String,
    /// What stable was.
    pub old_stable: CommitId,
    /// What develop was.
    pub old_develop: CommitId,
    /// What stable becomes.
    pub new_stable: CommitId,
    /// What develop becomes.
    pub new_develop: CommitId,
    /// The annotated tag's own id.
    pub new_tag: CommitId,
    /// How it came onto stable by another hand; `None` where the push of this entry moved stable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landed: Option<Landed>,
    /// Version files whose merge-back conflict was resolved by rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
}

/// How a candidate came onto stable without allclear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landed {
    /// The shape of it.
    pub shape: Shape,
    /// Who committed it, by the commit's own claim.
    pub by: String,
    /// Why a captain completed it although it was not clear; `None` where it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// The shapes in which a candidate can come onto stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shape {
    /// A merge commit whose second parent is the rc.
    Merged,
    /// The rc itself.
    FastForward,
    /// One commit with the rc's tree.
    Squashed,
    /// Several commits, the last with the rc's tree.
    Rebased,
}

impl Shape {
    /// Says who brought what onto stable, in a clause. Git does not record who moves a branch, so that of a
    /// fast-forward nobody is named.
    pub fn clause(self, by: &str, rc: &CommitId, stable: &str) -> String {
        let rc = rc.short();
        match self {
            Self::Merged => format!("{by} merged {rc} into {stable}"),
            Self::FastForward => format!("somebody fast-forwarded {stable} to {rc}"),
            Self::Squashed => format!("{by} squashed {rc} onto {stable}"),
            Self::Rebased => format!("{by} rebased {rc} onto {stable}"),
        }
    }
}
