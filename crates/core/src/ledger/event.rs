//! The events of the ledger: in the past tense, what was decided or seen. What is true now, the refs say.

use crate::ecosystem::version_file::VersionFile;
use crate::experiment::Summary;
use crate::ledger::promotion::{Promotion, Shape};
use crate::ledger::signer::{Change, Signer};
use crate::ledger::step_end::{DoneBy, StepFailure};
use crate::policy::schedule::SkipReason;
use crate::policy::{Policy, Stops, digest};
use crate::types::cut_kind::CutKind;
use crate::types::object_id::CommitId;
use crate::types::ref_name::Branch;
use crate::types::verdict::Verdict;
use crate::types::version::{Bump, RcNumber, TagFormat, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// How an rc went for somebody who tried it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReportOutcome {
    /// It works for them.
    Good,
    /// It does not.
    Bad,
}

/// What ended a bad report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// This commit fixes it, as soon as the candidate has it.
    FixedBy(CommitId),
    /// The candidate is not at fault, for this reason.
    NotOurs(String),
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CheckOutcome {
    /// It found nothing wrong.
    Passed,
    /// It found something wrong.
    Failed,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum Event {
    /// The root of a ledger.
    LedgerStarted {
        /// The project's name, for people.
        project: String,
        /// The branch that the policy is read from.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        develop: Option<Branch>,
        /// The first signers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        signers: Vec<Signer>,
        /// How many admins a change of the signers takes.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        threshold: Option<u32>,
    },
    /// Somebody proposed other signers. It is in force as soon as enough admins have stated it.
    SignersProposed(Box<Change>),
    /// An admin seconded a proposal.
    SignersSeconded {
        /// The entry that proposed it.
        proposal: CommitId,
    },
    /// The ledger goes on at another ref.
    LedgerMoved {
        /// The full name of that ref.
        to: String,
    },
    /// A candidate left develop.
    CandidateCut(Box<Cut>),
    /// A head of a candidate's branch was seen for the first time; settling is measured from here.
    HeadSeen {
        /// The candidate.
        version: Version,
        /// The head.
        commit: CommitId,
    },
    /// A commit became rc N.
    RcTagged {
        /// The candidate.
        version: Version,
        /// N, from 1.
        rc: RcNumber,
        /// The commit.
        commit: CommitId,
        /// The tag's name.
        tag: String,
        /// The annotated tag's own id.
        object: CommitId,
    },
    /// A slot passed without a cut.
    SlotSkipped {
        /// When it was due.
        slot: Timestamp,
        /// Why nothing was cut.
        reason: SkipReason,
    },
    /// A person accepted a commit that is not known to be a fix.
    CommitAccepted {
        /// The candidate.
        version: Version,
        /// The commit.
        commit: CommitId,
        /// Why.
        reason: String,
    },
    /// A person approved exactly this commit.
    Approved {
        /// The candidate.
        version: Version,
        /// The commit.
        commit: CommitId,
    },
    /// A person waived a gate for exactly this commit, until an instant.
    Waived {
        /// The candidate.
        version: Version,
        /// The gate's name.
        gate: String,
        /// The subject that is waived; the whole gate, where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        /// The commit.
        commit: CommitId,
        /// What it was when it was waived. A worse verdict is open again.
        verdict: Verdict,
        /// Why.
        reason: String,
        /// When it ends.
        until: Timestamp,
    },
    /// A waiver ended before its time.
    WaiverLifted {
        /// The candidate.
        version: Version,
        /// The gate's name.
        gate: String,
        /// The one thing it was about.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
    },
    /// Somebody reported how an rc went. Their name and words are not in the chain.
    ReportFiled {
        /// The candidate.
        version: Version,
        /// The rc.
        rc: RcNumber,
        /// The rc's commit.
        commit: CommitId,
        /// The report's id: 8 hex digits.
        report: String,
        /// How it went.
        outcome: ReportOutcome,
        /// Pseudonyms of the person: one for the name, one for the address.
        person: Vec<String>,
        /// The digest of the salted text beside the chain.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
    },
    /// A bad report was looked at, and is the candidate's fault.
    ReportConfirmed {
        /// The report's id.
        report: String,
    },
    /// A bad report was answered.
    ReportResolved {
        /// The report's id.
        report: String,
        /// The answer.
        answer: Answer,
    },
    /// Somebody's check ended.
    CheckRecorded {
        /// The check's name.
        name: String,
        /// How it ended.
        outcome: CheckOutcome,
        /// The commit it looked at.
        commit: CommitId,
        /// Where to read more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
    },
    /// What depends on the project was built and run.
    ExperimentEnded(Box<Summary>),
    /// A person stopped a candidate.
    Held {
        /// The candidate.
        version: Version,
        /// Why.
        reason: String,
        /// When it ends by itself; never, where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Timestamp>,
    },
    /// The stop was lifted.
    HoldLifted {
        /// The candidate.
        version: Version,
        /// Why, where the person said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person froze cuts or promotions.
    Frozen {
        /// Why.
        reason: String,
        /// When it ends by itself.
        until: Timestamp,
        /// What it stops.
        stops: Stops,
    },
    /// All freezes on the ledger were lifted.
    FreezeLifted {
        /// Why, where the person said.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A person asked for promotion as soon as exactly this commit is clear.
    PromotionRequested {
        /// The candidate.
        version: Version,
        /// The commit.
        commit: CommitId,
    },
    /// A candidate got another policy.
    PolicyAdopted {
        /// The candidate.
        version: Version,
        /// The policy, expanded.
        policy: Box<Policy>,
        /// Its digest.
        digest: String,
        /// The commit of develop it was read from.
        from: CommitId,
        /// The keys by which a gate became weaker.
        relaxed: Vec<String>,
    },
    /// A candidate was released: its refs moved in the push that carried this entry, or follow it.
    Promoted(Box<Promotion>),
    /// What was missing of a promotion was pushed with this entry.
    PromotionContinued {
        /// The release.
        version: Version,
        /// The commit of its `Promoted` entry.
        entry: CommitId,
        /// Whether stable was moved.
        stable: bool,
        /// Why a captain completed it although it was not clear.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A rule of the server refused a promotion. No tick tries it again until something changes.
    PromotionRefused {
        /// The candidate.
        version: Version,
        /// Its commit.
        commit: CommitId,
        /// What the server said, for people.
        said: String,
    },
    /// Promotions lost their races again and again: observations that are not bad news wait until this instant.
    RacesLost {
        /// The candidate.
        version: Version,
        /// Until when.
        until: Timestamp,
    },
    /// A candidate that was clear is not any more, by time alone. No push that was judged before can land now.
    Turned {
        /// The candidate.
        version: Version,
        /// Its commit.
        commit: CommitId,
        /// The gates that are not clear.
        gates: Vec<String>,
    },
    /// A candidate that was not clear was found on stable, brought there by another hand.
    LandingSeen {
        /// The candidate.
        version: Version,
        /// The commit on stable.
        stable: CommitId,
        /// The rc that it brought.
        commit: CommitId,
        /// The shape of it.
        shape: Shape,
        /// Who committed it, by the commit's own claim.
        by: String,
        /// What was not clear, a sentence each.
        open: Vec<String>,
    },
    /// A candidate, or what was pushed to its branch afterwards, ended without a release.
    Withdrawn {
        /// The candidate; its number is never used again.
        version: Version,
        /// Why.
        reason: String,
        /// The branch's head; `None` where the branch was gone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        head: Option<CommitId>,
        /// The full name of the ref that keeps its commits.
        archive: String,
        /// Its fixes that develop lacked, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fixes: Vec<CommitId>,
    },
    /// After a release, stable was merged into an older candidate.
    StableCarried {
        /// The candidate.
        version: Version,
        /// What was merged in.
        stable: CommitId,
        /// The merge.
        commit: CommitId,
        /// Files whose version lines were resolved by rule.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        resolved: Vec<String>,
    },
    /// A machine runs an after-step; others leave it alone until the lease ends.
    StepStarted {
        /// The release.
        version: Version,
        /// The step.
        step: String,
        /// Which try it is, from 1.
        attempt: u32,
        /// The end of the lease.
        until: Timestamp,
    },
    /// An after-step is done.
    StepDone {
        /// The release.
        version: Version,
        /// The step.
        step: String,
        /// How that is known.
        by: DoneBy,
        /// The reason that the person gave.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An after-step failed, or its end is not known.
    StepFailed {
        /// The release.
        version: Version,
        /// The step.
        step: String,
        /// Which try it was, from 1.
        attempt: u32,
        /// How it ended.
        how: StepFailure,
        /// Why, for people.
        why: String,
        /// The end of its output, with secrets masked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<String>,
    },
    /// A person asked for another run of an after-step.
    StepRetried {
        /// The release.
        version: Version,
        /// The step.
        step: String,
    },
    /// A notice was delivered.
    Noticed {
        /// The target's name in the policy.
        to: String,
        /// The keys of the news.
        keys: Vec<String>,
    },
    /// A notice was not delivered.
    NoticeFailed {
        /// The target's name in the policy.
        to: String,
        /// Which try it was, from 1.
        attempt: u32,
        /// Why, for people.
        why: String,
    },
    /// An entry does not count any more. It stays in the chain.
    Struck {
        /// The entry's commit.
        entry: CommitId,
        /// Why.
        reason: String,
    },
    /// An event of a newer allclear; nothing is decided until it is understood.
    #[serde(other)]
    Unknown,
}

/// A cut, with everything that its candidate is judged by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut {
    /// The version it will be released as.
    pub version: Version,
    /// Its branch.
    pub branch: Branch,
    /// The slot it took; `None` for a cut by hand.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Timestamp>,
    /// What it is cut for. In an entry it is `candidate`, since `kind` tells events apart.
    #[serde(rename = "candidate", default, skip_serializing_if = "CutKind::is_regular")]
    pub kind: CutKind,
    /// Why, where a person had to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The commit it was cut from: of develop, or of stable for a hotfix.
    pub from: CommitId,
    /// The first head: `from`, or the version commit on top of it.
    pub head: CommitId,
    /// Stable as it was seen.
    pub stable: CommitId,
    /// How far the version moves.
    pub bump: Bump,
    /// Why that version, for people.
    pub reasons: Vec<String>,
    /// How its tags are named.
    pub tags: TagFormat,
    /// The files that carry the version.
    pub version_files: Vec<VersionFile>,
    /// The policy it is judged by, expanded.
    pub policy: Policy,
    /// The policy's digest.
    pub digest: String,
}

impl Cut {
    /// Tells whether its policy is the one that it names, and the expansion of what a policy file says.
    pub fn is_judged_by(&self, read: &Policy) -> bool {
        digest(&self.policy) == self.digest && digest(&read.of(self.kind)) == self.digest
    }
}
