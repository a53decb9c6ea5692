//! Where a commit is, as it is told.

use allclear_core::decide::pick::Train;
use allclear_core::{CommitId, RcNumber, Version};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitLocation {
    pub commit: CommitId,
    /// Its first line, made safe to show.
    pub subject: String,
    /// How it came to develop; `None` where it is not there.
    pub develop: Option<OnDevelop>,
    /// The open candidates whose branches have it, lowest first.
    pub candidates: Vec<OnCandidate>,
    /// The first rc that has it.
    pub rc: Option<InRc>,
    /// The first release that has it.
    pub release: Option<InRelease>,
    /// Other branches that have it, named where nothing else has it; a few.
    pub branches: Vec<String>,
    /// How it can still ride.
    pub way: Route,
    /// The next slot of the train.
    pub next_cut: Option<Timestamp>,
    /// The version that the next cut would get, where that is what it waits for.
    pub next_version: Option<Version>,
}

/// Another commit with the same change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    pub commit: CommitId,
    /// How it is known.
    pub how: MatchedBy,
}

/// How it is known that two commits are the same change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MatchedBy {
    /// Their patches are equal.
    SamePatch,
    /// The other one says that it was picked from this one; its patch is another.
    PickedFromIt,
    /// This one says that it was picked from the other.
    ItsOrigin,
}

/// How a commit came to develop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDevelop {
    /// When, as the commit that brought it claims.
    pub since: Option<Timestamp>,
    /// The commit of develop's own line that brought it; itself where it was put there directly.
    pub by: CommitId,
    /// The first line of that, made safe to show.
    pub subject: String,
    /// What is there in its place.
    pub twin: Option<Twin>,
}

/// An open candidate that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnCandidate {
    pub version: Version,
    /// The number of the rc that it will be in; `None` where it is in one.
    pub next_rc: Option<RcNumber>,
    /// What is there in its place.
    pub twin: Option<Twin>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRc {
    pub version: Version,
    pub n: RcNumber,
    pub tag: String,
    pub commit: CommitId,
    /// What is there in its place.
    pub twin: Option<Twin>,
    /// Whether the candidate ended without a release.
    pub ended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRelease {
    pub version: Version,
    pub tag: String,
    /// When it was released, or what the tag claims.
    pub at: Option<Timestamp>,
    pub commit: CommitId,
    /// What is there in its place.
    pub twin: Option<Twin>,
}

/// How a commit can still ride.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Route {
    /// Nothing is to be done: it rides, or it is released.
    NothingToDo,
    /// It goes to develop first.
    ByDevelop,
    /// It waits for the next cut.
    ByCut {
        /// Why no open candidate takes it; `None` where none is open.
        why: Option<String>,
    },
    /// A person picks it.
    ByPick {
        command: String,
        /// The candidate.
        version: Version,
        train: Train,
    },
}
