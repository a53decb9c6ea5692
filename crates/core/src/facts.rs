//! What was observed: ref values, classed commits, trial merges, tags. Recorded with every decision.

use crate::history::fixes::ClassedCommit;
use crate::ledger::promotion::Shape;
use crate::types::object_id::CommitId;
use crate::types::ref_name::{Branch, RefName};
use crate::types::version::{TagFormat, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One look at a project's server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Facts {
    /// When the server was read, UTC.
    pub observed_at: Timestamp,
    /// The stable branch; `None` where it does not exist.
    pub stable: Option<CommitId>,
    /// The develop branch; `None` where it does not exist.
    pub develop: Option<CommitId>,
    /// How release tags are named: by the policy, else as the history has it.
    pub tags: TagFormat,
    /// Every final version that has a tag, with the tag's commit.
    pub released: BTreeMap<Version, CommitId>,
    /// What the candidates' branches look like.
    pub candidates: BTreeMap<Version, CandidateFacts>,
    /// How many commits, merges aside, develop has that were neither cut nor released.
    pub changes: usize,
    /// What somebody else changed of what was released, a sentence each.
    pub drift: Vec<String>,
    /// Branches that are named like candidates, but are not on record.
    pub strangers: Vec<Stranger>,
    /// Names that git reads as something else.
    pub traps: Vec<Trap>,
    /// Fixes of withdrawn candidates that develop still lacks.
    pub offers: Vec<Offer>,
    /// What the refs show of the promotions on record that no later entry has seen done.
    pub promotions: BTreeMap<Version, PromotionFacts>,
    /// The branch of the newest release, where it is still at the released rc.
    pub leftover: Option<Leftover>,
    /// What the record itself looks like.
    pub record: RecordFacts,
}

impl Facts {
    /// Tells whether a candidate on record never was one: it stands in nobody's way.
    pub fn is_void(&self, version: Version) -> bool {
        let unfounded = self.candidates.get(&version).and_then(|seen| seen.unfounded.as_ref());
        matches!(unfounded, Some(Unfounded::Forged(_)))
    }

    /// Tells whether the branch and the tags of a candidate may be moved for it: whoever may write to the record alone
    /// could have made it up. `adopted` says that its policy is not that of its cut.
    pub fn may_move(&self, version: Version, adopted: bool) -> bool {
        match self.candidates.get(&version).and_then(|seen| seen.unfounded.as_ref()) {
            Some(Unfounded::Forged(_)) => false,
            Some(Unfounded::Policy(_)) => adopted,
            Some(Unfounded::Rewound { .. }) | None => true,
        }
    }

    /// Tells whether what made a release of a candidate was recomputed and holds.
    pub fn is_proven(&self, version: Version) -> bool {
        self.promotions.get(&version).is_some_and(|promotion| promotion.sight.entry == EntrySight::Holds)
    }

    /// Tells whether develop has anything to cut.
    pub fn has_changes(&self) -> bool {
        self.changes > 0
    }
}

/// What the ledger's ref and its witnesses look like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordFacts {
    /// The ledger's ref; `None` where there is no ledger.
    pub place: Option<RefName>,
    /// What that ref names where it is a tag that leads to the last entry.
    pub tag: Option<CommitId>,
    /// Whether a ledger with the same root stands at the place to which the record says that it was moved.
    pub moved: bool,
    /// Where the ledger is shorter than it once was.
    pub rewound: Option<Rewound>,
    /// A second ledger, at the other ref.
    pub second: Option<RefName>,
    /// The fingerprint of the key that signed the newest entry.
    pub signer: Option<String>,
}

/// A ledger that was cut short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rewound {
    /// How it is known, in a sentence.
    pub why: String,
    /// The command that puts the lost entries back, where this machine still has them.
    pub restore: Option<String>,
}

/// What one candidate's branch looks like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CandidateFacts {
    /// The branch's head; `None` where the branch is gone.
    pub head: Option<CommitId>,
    /// The commits on the head that neither the cut nor stable has, newest first.
    pub commits: Vec<ClassedCommit>,
    /// The authors of what it brings to stable, each once.
    #[serde(default)]
    pub authors: Vec<String>,
    /// Whether the head descends from the newest rc.
    pub descends: bool,
    /// How many commits of stable the head lacks; zero is right.
    pub lacks_stable: usize,
    /// The trial merge of the head into develop.
    pub merge_back: MergeBack,
    /// The trial merge of stable into the head; `None` where the head lacks nothing of stable.
    pub catch_up: Option<MergeBack>,
    /// For a hotfix: the trial merges of its head into the other open candidates, which get it when it is
    /// released.
    pub carry: BTreeMap<Version, MergeBack>,
    /// The newest rc's tag on the server.
    pub rc_tag: TagSeen,
    /// The release tag, which must not exist yet.
    pub release_tag: Option<CommitId>,
    /// Why its cut or its policy is not what the branches say; `None` where it is.
    #[serde(default)]
    pub unfounded: Option<Unfounded>,
    /// How stable got an rc of it by another hand; all else here is about stable as it was before that.
    pub landing: Option<Landing>,
}

/// A candidate on stable that is not on record as released.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Landing {
    /// The commit on stable with which it came.
    pub commit: CommitId,
    /// Stable before it.
    pub base: CommitId,
    /// The rc's commit.
    pub rc: CommitId,
    /// The shape of it.
    pub shape: Shape,
    /// Whether stable has the rc's tree there: what soaked, and nothing else.
    pub same_tree: bool,
    /// Whether it is stable's newest commit.
    pub tip: bool,
    /// Whether the candidate's branch has more than the rc.
    pub late: bool,
    /// Who committed it, by the commit's own claim, made safe to show.
    pub by: String,
    /// The tag of its release on the server, where that leads to it: its object, and the entry that it names.
    pub tag: Option<(CommitId, Option<String>)>,
    /// Whether another tag has the release's name.
    pub foreign_tag: bool,
}

/// A branch that a promotion should have ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Leftover {
    /// What was released.
    pub version: Version,
    /// The branch's full name.
    pub branch: RefName,
    /// Where it is.
    pub commit: CommitId,
}

/// The trial merge of a candidate into develop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeBack {
    /// No conflict.
    Clean {
        /// The merged tree.
        tree: CommitId,
    },
    /// Conflicts in declared version lines and the changelog alone, resolved by rule: the higher version
    /// wins, and the sections of both stay.
    Resolved {
        /// The merged tree.
        tree: CommitId,
        /// The files.
        files: Vec<String>,
    },
    /// A person must resolve it.
    Conflict {
        /// The files.
        files: Vec<String>,
    },
    /// It could not be tried: a branch is gone or the histories are unrelated.
    Impossible {
        /// Why.
        why: String,
    },
}

/// Fixes of a withdrawn candidate that develop has neither by ancestry nor by patch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Offer {
    /// What was withdrawn.
    pub version: Version,
    /// The ref that keeps the fixes.
    pub archive: String,
    /// The fixes with their first lines made safe to show, oldest first.
    pub fixes: Vec<(CommitId, String)>,
}

/// A tag on the server, against the record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagSeen {
    /// As recorded.
    Intact,
    /// Gone.
    Gone,
    /// At another object.
    Moved {
        /// Which.
        to: CommitId,
    },
}

/// A branch that is named like a candidate, but is not on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stranger {
    /// Its full name.
    pub name: RefName,
    /// What is unusual about it.
    pub why: String,
}

/// A name that git reads as something else.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trap {
    /// The full name.
    pub name: RefName,
    /// What it does.
    pub why: String,
}

/// Why a candidate on record is not what the branches say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unfounded {
    /// The branch that it was cut from does not have that commit, or not any more.
    Rewound {
        /// The branch.
        branch: Branch,
        /// The commit.
        commit: CommitId,
    },
    /// Its policy is not the one that a commit of develop has.
    Policy(String),
    /// Its names, its first commit or its tags do not follow from the cut.
    Forged(String),
}

impl Unfounded {
    /// Says it in a sentence.
    pub fn why(&self) -> String {
        match self {
            Self::Rewound { branch, commit } => format!(
                "{} is not on {branch}: either {branch} was rewound, or this was never cut from it",
                commit.short()
            ),
            Self::Policy(why) | Self::Forged(why) => format!("it is not what the branches say: {why}"),
        }
    }
}

/// A promotion on record, beside what the refs show.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromotionFacts {
    /// What is seen.
    pub sight: Sight,
    /// Why its entry does not hold, or cannot be proven.
    pub why: Option<String>,
}

/// What is seen of one promotion, read over a fresh connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Sight {
    /// Its entry.
    pub entry: EntrySight,
    /// Whether the record says that stable had moved: before the entry, by another hand, or before a continuation.
    pub moved: bool,
    /// The stable branch.
    pub stable: Seen,
    /// The develop branch.
    pub develop: Seen,
    /// The release tag.
    pub tag: TagSight,
    /// The candidate's branch.
    pub candidate: BranchSight,
}

/// The entry of a promotion: does it follow from the entries before it and from the objects?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EntrySight {
    /// It is not on the ledger.
    Absent,
    /// It holds.
    Holds,
    /// It cannot be checked here.
    Unproven,
    /// It does not hold: it is forged, or a fault of ours.
    DoesNotHold,
}

/// A branch that a promotion moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Seen {
    /// Exactly what was expected before.
    Old,
    /// What the promotion makes it, or anything that contains that.
    New,
    /// Anything else.
    Other,
}

/// The tag that a promotion makes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TagSight {
    /// Not there.
    Absent,
    /// Ours.
    New,
    /// Somebody else's tag of that name.
    Foreign,
}

/// The branch that a promotion ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BranchSight {
    /// At the rc.
    AtRc,
    /// Gone.
    Gone,
    /// Anywhere else.
    Moved,
}
