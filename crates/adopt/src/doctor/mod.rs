//! What went wrong with a project's last releases, and what would stop allclear: data in, findings out.
//!
//! A finding says what is, with ids and dates, and what allclear does about it. It is *past* where nothing can be
//! done any more, and *open* where a person can. Patches are compared only between commits that agree in author
//! date or subject, so that a long history costs no more than a short one.

mod copies;
mod ground;
mod left;
mod merge_back;
mod soak;
mod tags;
mod versions;

#[cfg(test)]
mod tests;

use allclear_core::facts::Trap;
use allclear_core::id::CommitId;
use allclear_core::name::RefName;
use allclear_core::port::Refs;
use allclear_core::port::history::{CloneRef, Commits, Forced, Reach};
use allclear_core::version::{RcNumber, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

pub use tags::{Line, Tags};

/// How many releases are looked at.
pub const RELEASES: usize = 10;
/// How soon after a release another one tells of something missed, and how long a candidate should stand: 7 days.
pub const WEEK: allclear_core::Seconds = allclear_core::Seconds(7 * 24 * 3600);
/// The most commits whose patches are compared for one finding.
pub const PATCHES: usize = 400;

/// A release as its tag tells of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    /// The tag.
    pub tag: String,
    /// Its version.
    pub version: Version,
    /// The commit that the tag leads to.
    pub commit: CommitId,
    /// Whether the tag is an object of its own, with a date and a name.
    pub annotated: bool,
    /// When, as the tag claims, or its commit where it is lightweight.
    pub at: Timestamp,
}

/// A candidate's tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RcTag {
    /// The tag.
    pub tag: String,
    /// Its version.
    pub version: Version,
    /// Its number; 0 where it has none.
    pub n: RcNumber,
    /// The commit that the tag leads to.
    pub commit: CommitId,
    /// When, as the tag claims.
    pub at: Timestamp,
}

/// A branch and its tip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tip {
    /// The branch, without `refs/heads/`.
    pub name: String,
    /// Its commit.
    pub commit: CommitId,
}

/// What is known of a repository's past.
#[derive(Debug, Default)]
pub struct Past {
    /// The present instant.
    pub now: Timestamp,
    /// The clone's tags, read as releases.
    pub tags: Tags,
    /// The branch of releases; `None` where none looks like it.
    pub stable: Option<Tip>,
    /// The branch of the latest work; `None` where none looks like it.
    pub develop: Option<Tip>,
    /// Branches named like a version.
    pub lines: Vec<(Tip, Line)>,
    /// The commits of all these.
    pub commits: Commits,
    /// Whether the clone's history is cut off.
    pub shallow: bool,
    /// Patch ids, of the commits that [`wanted`] names; `None` where they cannot be had.
    pub patches: Option<BTreeMap<CommitId, String>>,
    /// Subjects, of the commits that [`wanted`] names.
    pub subjects: BTreeMap<CommitId, String>,
    /// The files in [`FILES`] at each of the last releases.
    pub files: BTreeMap<CommitId, BTreeMap<String, String>>,
    /// When develop was replaced, newest first.
    pub forced: Vec<Forced>,
    /// Refs of the clone, to be compared with the server's.
    pub refs: Vec<CloneRef>,
    /// The server's refs, where it could be read.
    pub server: Option<Refs>,
}

/// The files that carry a version in most ecosystems.
pub const FILES: [&str; 3] = ["Cargo.toml", "package.json", "pyproject.toml"];

/// What the last probe of the server found out, as this machine remembers it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// When it was tried.
    pub at: Timestamp,
    /// Whether all that a release needs could be done.
    pub works: bool,
    /// Whether the server protects a record at `refs/allclear/*` from a rewind and from deletion.
    pub custom: bool,
    /// Whether it does so at `refs/heads/allclear/*`.
    pub branch: bool,
}

/// What allclear would stand on.
#[derive(Debug)]
pub struct Ground {
    /// The version of git, as it prints it.
    pub git: String,
    /// Why the server cannot be read; `None` where it can, or was not asked.
    pub unreachable: Option<String>,
    /// How far a push would come.
    pub reach: Reach,
    /// What the last probe found out.
    pub probed: Option<Probed>,
    /// Names that git reads as something else.
    pub traps: Vec<Trap>,
    /// The newest date in the history or the ledger.
    pub newest: Option<Timestamp>,
    /// Where the ledger is.
    pub ledger: Option<RefName>,
    /// What earlier probes left on the server.
    pub leftovers: Vec<RefName>,
    /// The command that deletes it.
    pub delete: Option<String>,
    /// Whether the clone's history is cut off.
    pub shallow: bool,
    /// Whether the clone leaves out objects.
    pub partial: bool,
    /// How many release tags and branches of the server the clone does not have as they are.
    pub behind: usize,
    /// Whether the server was asked at all.
    pub asked: bool,
}

/// Which part of the screen a finding belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// The last releases.
    Past,
    /// What would stop allclear.
    Ground,
}

/// How a finding weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weight {
    /// There is nothing to judge.
    NotApplicable,
    /// Nothing was found.
    Clear,
    /// It happened, and nothing can be done any more.
    Past,
    /// It cannot be known.
    Unknown,
    /// A person can do something about it.
    Open,
}

/// One piece of evidence.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The tag, branch or ref that it is about.
    pub about: String,
    /// It in words, for people.
    pub text: String,
    /// The commits that show it.
    pub commits: Vec<CommitId>,
    /// When.
    pub at: Option<Timestamp>,
}

/// One thing that was looked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Its name, one or two words.
    pub name: &'static str,
    /// Where it belongs.
    pub part: Part,
    /// How it weighs.
    pub weight: Weight,
    /// What was found, in one sentence.
    pub summary: String,
    /// What shows it, the most telling first.
    pub evidence: Vec<Evidence>,
    /// What allclear does about it.
    pub allclear: &'static str,
    /// What a person can do.
    pub act: Option<String>,
}

impl Finding {
    fn new(part: Part, name: &'static str, allclear: &'static str) -> Self {
        let (weight, summary) = (Weight::Clear, String::new());
        Self { name, part, weight, summary, evidence: Vec::new(), allclear, act: None }
    }

    fn weighs(mut self, weight: Weight, summary: impl Into<String>) -> Self {
        self.weight = weight;
        self.summary = summary.into();
        self
    }

    fn shown_by(mut self, evidence: Vec<Evidence>) -> Self {
        self.evidence = evidence;
        self
    }

    fn act(mut self, act: impl Into<String>) -> Self {
        self.act = Some(act.into());
        self
    }
}

/// What has to be read before all can be judged.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// Commits whose patch ids are wanted.
    pub patches: Vec<CommitId>,
    /// Commits whose subjects are wanted.
    pub subjects: Vec<CommitId>,
}

/// Findings that need the whole history: what is cut off may hold what seems to be missing.
const OF_THE_GRAPH: [&str; 3] = ["merge-back", "squash or rebase", "left behind"];

/// Names what has to be read before all can be judged. Reads tags, branches and commits alone.
pub fn wanted(past: &Past) -> Wanted {
    let mut patches: BTreeSet<CommitId> = copies::wanted(past).into_iter().collect();
    let left = left::wanted(past);
    patches.extend(left.patches);
    let mut subjects: BTreeSet<CommitId> = left.subjects.into_iter().collect();
    subjects.extend(past.tags.last().iter().map(|r| r.commit.clone()));
    Wanted { patches: patches.into_iter().collect(), subjects: subjects.into_iter().collect() }
}

/// Names the tips whose commits have to be read.
pub fn tips(past: &Past) -> Vec<CommitId> {
    let branches = past.stable.iter().chain(&past.develop).chain(past.lines.iter().map(|(tip, _)| tip));
    let tags = past.tags.releases.iter().map(|r| &r.commit).chain(past.tags.rcs.iter().map(|r| &r.commit));
    let tips: BTreeSet<&CommitId> = branches.map(|b| &b.commit).chain(tags).collect();
    tips.into_iter().cloned().collect()
}

/// Judges the last releases. The order is that of the screen.
pub fn releases(past: &Past) -> Vec<Finding> {
    const JUDGES: [fn(&Past) -> Finding; 9] = [
        soak::served,
        soak::patched,
        merge_back::lacking,
        copies::copied,
        merge_back::rewritten,
        left::behind,
        versions::other,
        tags::moved,
        tags::lightweight,
    ];
    let mut findings: Vec<Finding> = JUDGES.iter().map(|judge| judge(past)).collect();
    findings.push(tags::twins(past));
    for finding in findings.iter_mut().filter(|f| past.shallow && OF_THE_GRAPH.contains(&f.name)) {
        // That develop contains stable is certain however little is there.
        let certain = finding.name == "merge-back" && finding.weight == Weight::Clear;
        if matches!(finding.weight, Weight::Open | Weight::Clear) && !certain {
            finding.weight = Weight::Unknown;
            finding.summary =
                format!("not known, the clone is shallow; as far as it goes, {}", finding.summary);
            finding.act = None;
        }
    }
    findings
}

/// Judges what allclear would stand on.
pub fn ground(ground: &Ground, now: Timestamp) -> Vec<Finding> {
    ground::judge(ground, now)
}

/// Says that there is nothing to judge.
fn absent(finding: Finding, why: &str) -> Finding {
    finding.weighs(Weight::NotApplicable, why)
}

/// Shows a day.
fn day(at: Timestamp) -> String {
    at.to_zoned(jiff::tz::TimeZone::UTC).strftime("%-d %b %Y").to_string()
}

/// Shows a commit's time as a day.
fn day_of(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| "an impossible date".into(), day)
}
