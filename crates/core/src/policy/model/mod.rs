//! The policy as the rules see it: every value present, every name parsed.

mod after;
mod gates;
mod lab_check;
pub mod notify;

pub use after::AfterStep;
pub use gates::*;
pub use lab_check::LabCheck;
pub use notify::{Place, Target, Topic, Way};

use self::gates::is_default;
use crate::ecosystem::version_file::VersionFile;
use crate::types::cut_kind::CutKind;
use crate::types::duration::Seconds;
use crate::types::ref_name::Branch;
use crate::types::version::{Bump, CandidateFormat, TagFormat};
use jiff::civil;
use serde::{Deserialize, Serialize};

/// How one project releases. Frozen, expanded, into the ledger at each cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Policy {
    /// The preset that filled absent keys, such as `library@1`.
    pub preset: String,
    /// Whether allclear acts or only watches.
    pub mode: Mode,
    /// The project's name; `None` takes the repository's.
    pub name: Option<String>,
    /// The IANA name of the project's time zone.
    pub time_zone: String,
    /// The two long-lived branches and the form of the third.
    pub branches: Branches,
    /// How tags are named; `None` follows the history (`v` where there is none).
    pub tags: Option<TagFormat>,
    /// When candidates are cut; `None` cuts by hand only.
    pub train: Option<Train>,
    /// How versions are chosen and written.
    pub version: VersionPolicy,
    /// The file that each cut adds a section to, from the root of the repository; `None` writes none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changelog_file: Option<String>,
    /// What counts as a fix.
    pub fixes: Fixes,
    /// How long a head stands still before it is an rc.
    pub settle: Seconds,
    /// The gates.
    pub gates: Gates,
    /// Times at which nothing is cut or promoted.
    pub freezes: Vec<Freeze>,
    /// How a promotion is made.
    pub promotion: PromotionPolicy,
    /// Who may set a gate aside, and how.
    #[serde(default, skip_serializing_if = "is_default")]
    pub waivers: Waivers,
    /// Whose identity counts: claimed or signed.
    #[serde(default, skip_serializing_if = "is_default")]
    pub trust: Trust,
    /// What is different for a hotfix; `None` in policies that were frozen before there were any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hotfix: Option<HotfixPolicy>,
    /// What depends on the project.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downstreams: Vec<crate::experiment::Declared>,
    /// The project's own checks that the lab runs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lab_checks: Vec<LabCheck>,
    /// What follows a release.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub after: Vec<AfterStep>,
    /// Who is notified when a person is needed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notify: Vec<Target>,
}

/// What is different for a hotfix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct HotfixPolicy {
    /// How long it soaks, from the cut.
    #[serde(rename = "for")]
    pub length: Seconds,
    /// How long its last rc soaks.
    pub after_fix: AfterFix,
    /// How long its head stands still before it is an rc.
    pub settle: Seconds,
    /// Whether `tick` promotes it by itself; `None` as any candidate.
    pub automatic: Option<bool>,
    /// When it may; `None` is always.
    pub hours: Option<Hours>,
    /// The checks it needs; `None` as any candidate.
    pub required: Option<Vec<RequiredCheck>>,
}

impl Policy {
    /// Gives the policy that a candidate of this kind is judged by.
    pub fn of(&self, kind: CutKind) -> Self {
        let mut policy = self.clone();
        if let (CutKind::Hotfix, Some(hotfix)) = (kind, &self.hotfix) {
            policy.gates.soak.length = hotfix.length;
            policy.gates.soak.after_fix = hotfix.after_fix;
            policy.settle = hotfix.settle;
            policy.promotion.automatic = hotfix.automatic.unwrap_or(policy.promotion.automatic);
            policy.promotion.hours = hotfix.hours;
            if let Some(required) = &hotfix.required {
                policy.gates.checks.required.clone_from(required);
            }
        }
        policy
    }
}

/// Whether allclear acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// Assess, record and report; change nothing.
    Observe,
    /// Do what is due.
    Run,
}

/// The branches of the model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Branches {
    /// Production ready, `master` by default.
    pub stable: Branch,
    /// The latest work, `develop` by default.
    pub develop: Branch,
    /// The form of candidate branches, `release-{version}` by default.
    pub candidate: CandidateFormat,
}

/// The schedule: slot n is `anchor + n × every`, on the wall clock of the project's time zone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Train {
    /// The distance between slots.
    pub every: Period,
    /// The local date and time of slot 0.
    pub anchor: civil::DateTime,
    /// What a slot does while a candidate is open.
    pub when_busy: WhenBusy,
}

/// A distance between slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Period {
    /// Calendar days: the same wall-clock time, whatever daylight saving does.
    Days(u32),
    /// Calendar months: the same day of the month, or its last.
    Months(u32),
    /// Elapsed seconds, for periods under a day.
    Seconds(u64),
}

/// What a slot does while a candidate is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WhenBusy {
    /// Cut when the open candidate ends, if before half the period has passed; else skip.
    Wait,
    /// Skip the slot.
    Skip,
    /// Cut beside it.
    Overlap,
}

/// How versions are chosen and written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VersionPolicy {
    /// Files that carry the version; `None` detects the ecosystem's own at the cut.
    pub files: Option<Vec<VersionFile>>,
    /// The bump where the history does not say (it is not Conventional).
    pub default_bump: Bump,
}

/// What counts as a fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Fixes {
    /// Conventional Commit types that are fixes, lower case.
    pub types: Vec<String>,
    /// Globs; a commit that touches nothing else is a fix.
    pub paths: Vec<String>,
    /// What an unclassified commit does.
    pub unclassified: Unclassified,
}

/// What an unclassified commit does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unclassified {
    /// It blocks the candidate.
    Block,
    /// It rides along.
    Allow,
}

/// Who may set a gate aside, and how.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Waivers {
    /// Gates that two people must waive together.
    pub second_person: Vec<String>,
    /// Names or addresses of those who may; empty is anybody.
    pub from: Vec<String>,
    /// The longest time.
    pub longest: Seconds,
}

impl Default for Waivers {
    fn default() -> Self {
        Self { second_person: Vec::new(), from: Vec::new(), longest: Seconds(14 * 86_400) }
    }
}

/// Which identities count in checks, approvals and waivers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trust {
    /// Whoever may push, by the name they claim.
    #[default]
    Claimed,
    /// Only people whose signature is on record.
    Signed,
}

/// A time written into the policy at which nothing is cut or promoted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Freeze {
    /// Why, for people.
    pub reason: String,
    /// Its first instant.
    pub from: jiff::Timestamp,
    /// The instant at which it is over.
    pub until: jiff::Timestamp,
    /// What it stops.
    pub stops: Stops,
}

/// What a freeze stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stops {
    /// New candidates.
    Cuts,
    /// Releases.
    Promotions,
    /// Both.
    Both,
}

impl Stops {
    /// Tells whether cuts stop.
    pub fn cuts(self) -> bool {
        matches!(self, Self::Cuts | Self::Both)
    }

    /// Tells whether promotions stop.
    pub fn promotions(self) -> bool {
        matches!(self, Self::Promotions | Self::Both)
    }
}

/// How a promotion is made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct PromotionPolicy {
    /// Whether `tick` promotes by itself when all is clear.
    pub automatic: bool,
    /// When it may, in the project's time zone; `None` is always. A person may promote at any hour.
    pub hours: Option<Hours>,
    /// What becomes stable.
    pub merge: MergeMode,
    /// How the refs of one decision are pushed.
    #[serde(default, skip_serializing_if = "PushMode::is_atomic")]
    pub push: PushMode,
}

/// Weekdays and hours of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Hours {
    /// Monday first.
    pub days: [bool; 7],
    /// The first minute of the day, counted from midnight.
    pub from_minute: u16,
    /// The minute of the day at which it is over.
    pub until_minute: u16,
}

/// What becomes stable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MergeMode {
    /// A merge commit with the candidate's tree (git-flow).
    Merge,
    /// The soaked commit itself.
    Ff,
}

/// How the refs of one decision are pushed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PushMode {
    /// All at once or none.
    #[default]
    Atomic,
    /// The entry first and alone, then one ref after the other: for servers without atomic pushes.
    Sequential,
}

impl PushMode {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it so")]
    fn is_atomic(&self) -> bool {
        *self == Self::Atomic
    }
}
