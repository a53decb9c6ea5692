//! What has happened to one project, as its ledger tells it.

use crate::ledger::actor::Actor;
use crate::ledger::entry::{RULES, VoidReason};
use crate::ledger::event::Cut;
use crate::ledger::promotion::{Landed, Promotion};
use crate::policy::schedule::SkipReason;
use crate::policy::{AfterStep, Policy, Stops, Trust};
use crate::project::checks::CheckLine;
use crate::project::experiments::Experiments;
use crate::project::notified::Notified;
use crate::project::people::{Acceptance, Approval, Report, Waiver};
use crate::project::roster::Roster;
use crate::project::statements::RecentStatements;
use crate::project::steps::Progress;
use crate::project::trust::{Ignored, Level};
use crate::types::cut_kind::CutKind;
use crate::types::object_id::CommitId;
use crate::types::ref_name::Branch;
use crate::types::version::{RcNumber, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What has happened to one project, as its ledger tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// The first entry's commit: the ledger's identity.
    pub root: Option<CommitId>,
    /// The last entry's commit.
    pub head: Option<CommitId>,
    /// How many commits the ledger has.
    pub entries: u64,
    /// The project's name as the root gave it.
    pub name: String,
    /// The branch that the policy was read from first: what the root or the first cut named.
    pub founded_on: Option<Branch>,
    /// The branch that the last cut says the policy is read from. Who may write to the record alone could
    /// have said so.
    pub develop: Option<Branch>,
    /// When the last entry happened.
    pub at: Timestamp,
    /// The entry that claims the latest time.
    pub latest_claim: Option<(CommitId, Timestamp)>,
    /// Candidates that are neither released nor withdrawn.
    pub candidates: BTreeMap<Version, Candidate>,
    /// What was released through this ledger.
    pub releases: BTreeMap<Version, Release>,
    /// What was withdrawn; these numbers are never used again.
    pub withdrawn: BTreeMap<Version, Withdrawal>,
    /// The latest slot that was taken or skipped.
    pub slot: Option<Timestamp>,
    /// The latest slot that was skipped, and why.
    pub skipped: Option<(Timestamp, SkipReason)>,
    /// When the last candidate of the train ended; hotfixes do not count.
    pub last_ended: Option<Timestamp>,
    /// The commit of develop that the last candidate was cut from.
    pub last_cut: Option<CommitId>,
    /// Freezes set by people and not lifted.
    pub freezes: Vec<LedgerFreeze>,
    /// The notices that were delivered, by target.
    #[serde(default)]
    pub told: BTreeMap<String, Notified>,
    /// Check results by commit and name.
    pub checks: BTreeMap<CommitId, BTreeMap<String, CheckLine>>,
    /// What experiments found.
    #[serde(default)]
    pub experiments: Experiments,
    /// Commits that a person accepted.
    pub accepted: BTreeMap<CommitId, Acceptance>,
    /// The highest rules version that an entry needs.
    pub needs: u32,
    /// Entries that stop deciding until a person strikes them.
    pub troubles: Vec<Trouble>,
    /// Entries that were struck, and by what.
    pub struck: BTreeMap<CommitId, Strike>,
    /// Where the ledger goes on, as the last entry that moves it says, and that entry.
    pub moved_to: Option<(CommitId, String)>,
    /// The ids that entries carry, for the trailers of tags; only those that came with a tag.
    pub tag_entries: BTreeSet<String>,
    /// Until when observations that are not bad news wait for a promotion.
    #[serde(default)]
    pub quiet_until: Option<Timestamp>,
    /// Who may sign what.
    pub roster: Roster,
    /// What was stated last.
    pub said: RecentStatements,
    /// The last entries that changed nothing, or less than they say, for want of a signature.
    pub ignored: Vec<Ignored>,
}

/// A candidate between its cut and its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The cut, with the policy in force.
    pub cut: Cut,
    /// The commit of develop that the policy in force was read from.
    pub policy_from: CommitId,
    /// Whether that is another policy than at the cut, which may name other tags.
    pub adopted: bool,
    /// When it was cut.
    pub cut_at: Timestamp,
    /// Who cut it.
    pub by: Actor,
    /// Its rcs, rc.1 first.
    pub rcs: Vec<Rc>,
    /// Heads of its branch by the instant they were first seen.
    pub heads: BTreeMap<CommitId, Timestamp>,
    /// Approvals, in order.
    pub approvals: Vec<Approval>,
    /// Waivers, in order.
    pub waivers: Vec<Waiver>,
    /// What users said, each person's last word on each rc.
    pub reports: Vec<Report>,
    /// Pseudonyms of all who ever reported: a new reporter replaces nobody's report.
    pub reporters: BTreeSet<String>,
    /// A person's stop.
    pub hold: Option<Hold>,
    /// The commit that a person asked to promote when clear.
    pub requested: Option<Request>,
    /// Its promotion on record, as long as no later entry shows that the refs followed.
    pub promoted: Option<Box<Promoted>>,
    /// The commit whose promotion a rule of the server refused, and what it said.
    pub refused: Option<(CommitId, String)>,
    /// The commit with which it was found on stable without being clear, and what was not.
    pub landed: Option<(CommitId, Vec<String>)>,
    /// The last merge of stable into it by allclear itself.
    pub carried: Option<CommitId>,
}

/// One rc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rc {
    /// N, from 1.
    pub n: RcNumber,
    /// The commit.
    pub commit: CommitId,
    /// Its tag.
    pub tag: String,
    /// The tag's own id.
    pub object: CommitId,
    /// When it was tagged; its soak starts here.
    pub at: Timestamp,
}

/// A person's stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// A request on record to promote a commit once it is clear.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// For exactly this commit.
    pub commit: CommitId,
    /// Who asked.
    pub by: String,
}

/// A promotion as its entry has it, with the record before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Promoted {
    /// What it makes of the refs.
    pub promotion: Promotion,
    /// The entry's commit.
    pub entry: CommitId,
    /// The entry's own id, which the tag names.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who did it, by their own claim.
    pub by: Actor,
    /// How far that is proven.
    pub level: Level,
    /// The facts it stood on, as the entry has them.
    pub facts: Option<serde_json::Value>,
    /// The record before it, as far as the candidate is judged by it.
    pub before: Box<Project>,
    /// The record before stable was moved by a later entry than its own, and when that was.
    pub continued: Option<(Box<Project>, Timestamp)>,
    /// Whether a continuation says that stable had moved already.
    #[serde(default)]
    pub moved: bool,
    /// Why a captain completed it although it was not clear.
    pub completed: Option<String>,
}

/// A finished release.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Release {
    /// Its tag.
    pub tag: String,
    /// The rc's commit that was released.
    pub commit: CommitId,
    /// What stable became.
    pub stable: CommitId,
    /// The tag's own id.
    pub object: CommitId,
    /// When it was promoted.
    pub at: Timestamp,
    /// The id of its entry, which its tag names.
    pub entry: String,
    /// How it came onto stable by another hand; `None` where allclear moved stable.
    #[serde(default)]
    pub landed: Option<Landed>,
    /// When it was cut.
    pub cut_at: Timestamp,
    /// The last rc's number.
    pub rc: RcNumber,
    /// The branch that it had as a candidate.
    pub branch: Branch,
    /// The branch that was promoted to.
    pub stable_branch: Branch,
    /// The commit that the policy was read from.
    pub policy_from: CommitId,
    /// What follows it, as the candidate's policy had it.
    #[serde(default)]
    pub after: Vec<AfterStep>,
    /// Their progress, by name.
    #[serde(default)]
    pub steps: BTreeMap<String, Progress>,
    /// What users reported of it since, all of it bad.
    pub reports: Vec<Report>,
    /// Whose word counted for it.
    pub trust: Trust,
    /// Its promotion, from which anybody can find out whether it was one: of the newest releases, and of those that
    /// steps still follow.
    pub evidence: Option<Box<Promoted>>,
}

/// A candidate that ended without a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// What it was cut for.
    pub kind: CutKind,
    /// The branch it had.
    pub branch: Branch,
    /// Why, as it was said first.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When it was last withdrawn; what is pushed to its branch later can be, too.
    pub at: Timestamp,
    /// Its branch as it was last seen; `None` where it was gone already.
    pub head: Option<CommitId>,
    /// The full names of the refs that keep its commits.
    pub archives: Vec<String>,
    /// Its fixes that develop lacked, oldest first.
    pub fixes: Vec<CommitId>,
}

/// A freeze set by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFreeze {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub from: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What it stops.
    pub stops: Stops,
    /// Whether it was lifted by a claim alone, which does not count where signatures do.
    pub lifted: bool,
}

/// What the strikes of one entry say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Strike {
    /// The earliest clock among those who struck it.
    pub claimed: Timestamp,
    /// The oldest rules among those who struck it.
    pub needs: u32,
}

/// An entry that stops deciding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The entry's commit.
    pub entry: CommitId,
    /// What is wrong with it.
    pub what: TroubleKind,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// It is not an entry.
    #[error("{0}")]
    Void(VoidReason),
    /// It has events that this version does not know.
    #[error("it tells of something this version does not know")]
    Unknown,
    /// It needs newer rules.
    #[error("it needs a newer allclear (rules {0}, this one has {RULES})")]
    Needs(u32),
}

impl Hold {
    /// Keeps the longer one: only lifting ends a stop early.
    pub(crate) fn or_stricter(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.until.is_none_or(|theirs| self.until.is_some_and(|ours| ours <= theirs)) => {
                other
            }
            Some(_) | None => self,
        }
    }
}

impl Candidate {
    /// Gives the commit it is judged by: its newest rc.
    pub fn commit(&self) -> &CommitId {
        self.rcs.last().map_or(&self.cut.head, |rc| &rc.commit)
    }

    /// Gives the instant from which its newest rc soaks.
    pub fn rc_at(&self) -> Timestamp {
        self.rcs.last().map_or(self.cut_at, |rc| rc.at)
    }

    /// Gives the number of its newest rc.
    pub fn rc_number(&self) -> RcNumber {
        self.rcs.last().map_or(0, |rc| rc.n)
    }
}

impl Project {
    /// Gives the newest rc of a candidate.
    pub fn rc(&self, version: Version) -> Option<&Rc> {
        self.candidates.get(&version)?.rcs.last()
    }

    /// Gives the id of the entry by which a version was promoted.
    pub fn entry_of(&self, version: Version) -> Option<&String> {
        let promoted = || self.candidates.get(&version)?.promoted.as_ref().map(|promoted| &promoted.id);
        self.releases.get(&version).map(|release| &release.entry).or_else(promoted)
    }

    /// Tells whether observations that are not bad news wait at `now`, so that a promotion wins its race.
    pub fn is_quiet(&self, now: Timestamp) -> bool {
        self.quiet_until.is_some_and(|until| until > now)
    }

    /// Gives the strictest trust among a policy and those of the open candidates.
    pub fn trust(&self, policy: Option<&Policy>) -> Trust {
        let frozen = self.candidates.values().map(|candidate| &candidate.cut.policy);
        frozen.chain(policy).map(|policy| policy.trust).max().unwrap_or_default()
    }

    /// Gives the freezes in force or to come at `now`, under a policy that trusts so.
    pub fn freezes_from(&self, now: Timestamp, trust: Trust) -> impl Iterator<Item = &LedgerFreeze> {
        self.freezes.iter().filter(move |f| f.until > now && (trust == Trust::Signed || !f.lifted))
    }
}
