//! What a pick is asked for, and what comes of it.

use allclear_core::decide::pick::Train;
use allclear_core::{Branch, CommitId, RcNumber, Seconds, Version};

/// What shall be picked.
#[derive(Debug, Clone, Default)]
pub struct PickWish {
    /// The commits, as a person names them.
    pub commits: Vec<String>,
    /// The candidate; `None` where one is open.
    pub version: Option<Version>,
    /// Whether nothing is to change.
    pub dry_run: bool,
}

/// How a pick ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Picked {
    /// All that was asked for is on the candidate.
    Aboard(Box<Picking>),
    /// One of them conflicts with the candidate; nothing was pushed.
    Clash(Clash),
}

/// What a pick did, or would do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picking {
    /// The candidate.
    pub version: Version,
    pub branch: Branch,
    /// The branch's head before.
    pub old: CommitId,
    /// The branch's head after; the same where nothing was to be done.
    pub new: CommitId,
    /// What was picked, oldest first.
    pub picks: Vec<OnePick>,
    /// What was not to be picked, and why.
    pub idle: Vec<SkippedPick>,
    /// The number of the rc that the new head becomes.
    pub rc: RcNumber,
    /// For how long a head stands still before it becomes an rc.
    pub settle: Seconds,
    pub train: Train,
}

/// One commit on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnePick {
    /// The commit on develop.
    pub commit: CommitId,
    /// Its first line, made safe to show.
    pub subject: String,
    /// The commit on the candidate.
    pub made: CommitId,
    /// The files in which the candidate's version stays.
    pub kept: Vec<String>,
}

/// One commit that needs nothing done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkippedPick {
    pub commit: CommitId,
    /// Its first line, made safe to show.
    pub subject: String,
    pub why: SkipReason,
}

/// Why a commit needs nothing done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkipReason {
    /// It is on the candidate itself.
    AlreadyThere,
    SamePatch(CommitId),
    /// A commit that says it was picked from it is; its patch is another.
    PickedAs(CommitId),
    /// It changes nothing.
    Empty,
    /// The candidate has its change already, by other commits.
    NothingLeft,
}

/// A commit that conflicts with the candidate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    pub commit: CommitId,
    /// Its first line, made safe to show.
    pub subject: String,
    /// The candidate.
    pub version: Version,
    pub branch: Branch,
    /// The branch's head.
    pub head: CommitId,
    pub files: Vec<ClashFile>,
}

/// One file in conflict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClashFile {
    /// Its path, made safe to show.
    pub path: String,
    /// How the two sides disagree.
    pub how: &'static str,
    /// The conflicts with their markers, made safe to show; empty where the file is no text or there are
    /// many.
    pub lines: Vec<String>,
}
