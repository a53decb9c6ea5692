//! What is known of a repository's past, and what has to be read of it.

use crate::doctor::line::Line;
use crate::doctor::tags::Tags;
use allclear_core::port::Refs;
use allclear_core::port::history::{CloneRef, Commits, Forced};
use allclear_core::{CommitId, Seconds};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How soon after a release another one shows that something was missed, and how long a candidate should stand: 7 days.
pub(super) const WEEK: Seconds = Seconds(7 * 24 * 3600);
/// The most commits whose patches are compared for one finding.
pub(super) const PATCHES: usize = 400;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The branch, without `refs/heads/`.
    pub name: String,
    pub commit: CommitId,
}

#[derive(Debug, Default)]
pub struct Past {
    pub now: Timestamp,
    pub tags: Tags,
    /// The branch of releases; `None` where none looks like it.
    pub stable: Option<Tip>,
    pub develop: Option<Tip>,
    /// Branches named like a version.
    pub lines: Vec<(Tip, Line)>,
    pub commits: Commits,
    pub shallow: bool,
    /// Patch ids, of the commits that [`wanted`] names; `None` where they cannot be had.
    pub patches: Option<BTreeMap<CommitId, String>>,
    /// Subjects, of the commits that [`wanted`] names.
    pub subjects: BTreeMap<CommitId, String>,
    /// The manifests that carry a version, at each of the last releases.
    pub files: BTreeMap<CommitId, BTreeMap<String, String>>,
    /// When develop was replaced, newest first.
    pub forced: Vec<Forced>,
    pub refs: Vec<CloneRef>,
    /// The server's refs, where it could be read.
    pub server: Option<Refs>,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub patches: Vec<CommitId>,
    pub subjects: Vec<CommitId>,
}
