//! What the ledger can say. Events are past tense and say what was decided or seen; refs say what is.

use crate::after::{By, Ill};
use crate::ecosystem::version_file::VersionFile;
use crate::id::{CommitId, OperationId};
use crate::lab::Summary;
use crate::name::Branch;
use crate::policy::{Policy, Stops};
use crate::signers::{Change, Signer};
use crate::statement::Statement;
use crate::train::SkipReason;
use crate::version::{Bump, RcNumber, TagFormat, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The schema of an entry as this version writes it.
pub const SCHEMA: &str = "allclear.entry/1";

/// One entry of the ledger: the `entry.json` of one commit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// `allclear.entry/1`.
    pub schema: String,
    /// The lowest rules version that may decide over this entry.
    pub needs: u32,
    /// The entry's own id, which tags name in their `Allclear-Ledger` trailer: 32 hex digits.
    pub id: String,
    /// The writer's clock, UTC.
    pub claimed: Timestamp,
    /// Who did it.
    pub by: Actor,
    /// Who wrote it down, where that was somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recorded_by: Option<Actor>,
    /// From where it was written.
    pub via: Via,
    /// The facts a decision stood on; absent from observations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub facts: Option<serde_json::Value>,
    /// The signature of the person who decided it, over all its events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub statement: Option<Statement>,
    /// What happened, in order.
    pub events: Vec<Event>,
}

/// Somebody who acts, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// A name or an address, as claimed.
    pub who: String,
    /// How far the name is proven.
    pub proof: Proof,
}

/// How far a name is proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Proof {
    /// Anybody who may push could have written it.
    Claimed,
    /// The entry's commit carries a signature.
    Signed,
}

/// From where an entry was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Via {
    /// A person's command.
    Cli,
    /// A scheduled job.
    Ci,
    /// The server.
    Hub,
    /// A forge's webhook.
    Forge,
}

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
    /// A person answered for a commit that is no known fix, once and for all.
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
    /// A person set a gate aside for exactly this commit, until an instant.
    Waived {
        /// The candidate.
        version: Version,
        /// The gate's name.
        gate: String,
        /// The one thing that the gate looked at; all of it, where absent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        subject: Option<String>,
        /// The commit.
        commit: CommitId,
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
    /// Somebody who tried an rc said how it went. Who it was and the words are not in the chain.
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
    /// A bad report was looked at and is the candidate's own.
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
    },
    /// A person stopped the calendar.
    Frozen {
        /// Why.
        reason: String,
        /// When it ends by itself.
        until: Timestamp,
        /// What it stops.
        stops: Stops,
    },
    /// All freezes on the ledger were lifted.
    FreezeLifted {},
    /// A person asked for promotion as soon as exactly this commit is clear.
    PromotionRequested {
        /// The candidate.
        version: Version,
        /// The commit.
        commit: CommitId,
    },
    /// A candidate is judged by another policy from here on.
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
    /// All objects of a promotion exist; this is the fence.
    PromotionPlanned(Box<Operation>),
    /// The refs moved in the push that carried this entry.
    PromotionMoving {
        /// Which.
        operation: OperationId,
    },
    /// A half-applied promotion was carried on.
    PromotionContinued {
        /// Which.
        operation: OperationId,
        /// The commit of develop with the merge-back, where it had to be made anew.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        develop: Option<CommitId>,
    },
    /// Every push of this operation that may still be in flight can no longer land.
    Fenced {
        /// Which.
        operation: OperationId,
    },
    /// The operation is over and changed nothing.
    PromotionAborted {
        /// Which.
        operation: OperationId,
        /// Why, for people.
        reason: String,
        /// Whether a rule of the server refused it; then nothing tries again by itself.
        #[serde(default)]
        refused: bool,
    },
    /// The refs were read back and are as planned.
    ReleaseConfirmed {
        /// Which operation.
        operation: OperationId,
        /// What was released.
        version: Version,
        /// The candidate's branch, where a push after the release kept it alive.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kept: Option<CommitId>,
    },
    /// A candidate, or what was pushed to its branch afterwards, ended without a release.
    Withdrawn {
        /// The candidate; its number is never used again.
        version: Version,
        /// Why.
        reason: String,
        /// Its branch as it was seen; `None` where it was gone already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        head: Option<CommitId>,
        /// The full name of the ref that keeps its commits.
        archive: String,
        /// Its fixes that develop lacked then, oldest first.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        fixes: Vec<CommitId>,
    },
    /// Stable, as a release left it, was merged into a candidate that was cut before.
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
    /// A machine is about to run an after-step; others leave it alone until the lease is over.
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
        by: By,
        /// How the person knows who said so.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// A try at an after-step did not end well.
    StepFailed {
        /// The release.
        version: Version,
        /// The step.
        step: String,
        /// Which try it was, from 1.
        attempt: u32,
        /// How it ended.
        how: Ill,
        /// Why, for people.
        why: String,
        /// The last words of what was run, with secrets masked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        said: Option<String>,
    },
    /// A person asked for an after-step anew, as if nothing had been tried.
    StepRetried {
        /// The release.
        version: Version,
        /// The step.
        step: String,
    },
    /// Somebody was told.
    Noticed {
        /// The target's name in the policy.
        to: String,
        /// What it was told.
        keys: Vec<String>,
    },
    /// A notice did not arrive.
    NoticeFailed {
        /// The target's name in the policy.
        to: String,
        /// Which try it was, from 1.
        attempt: u32,
        /// Why, for people.
        why: String,
    },
    /// An entry that cannot be believed is skipped from here on. It stays in the chain.
    Struck {
        /// The entry's commit.
        entry: CommitId,
        /// Why.
        reason: String,
    },
    /// Something a newer allclear wrote; deciding stops until it is understood.
    #[serde(other)]
    Unknown,
}

/// A cut: all that a candidate is judged by from here on.
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

/// What a candidate is cut for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CutKind {
    /// The work on develop.
    #[default]
    Regular,
    /// One flaw of what is released; cut from stable.
    Hotfix,
}

impl CutKind {
    /// Tells whether it rides with the train.
    pub fn is_regular(&self) -> bool {
        *self == Self::Regular
    }
}

/// A promotion's plan: what is expected and what will be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// What is released.
    pub version: Version,
    /// The rc's commit.
    pub commit: CommitId,
    /// The candidate's branch.
    pub branch: Branch,
    /// The stable branch.
    pub stable_branch: Branch,
    /// The develop branch.
    pub develop_branch: Branch,
    /// The release tag's name.
    pub tag: String,
    /// What stable is now.
    pub old_stable: CommitId,
    /// What develop is now.
    pub old_develop: CommitId,
    /// What stable will be.
    pub new_stable: CommitId,
    /// What develop will be.
    pub new_develop: CommitId,
    /// The annotated tag's own id.
    pub new_tag: CommitId,
    /// Until when others leave the plan alone.
    pub expires: Timestamp,
    /// Version files whose merge-back conflict was resolved by rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resolved: Vec<String>,
}

impl Event {
    /// Says the event in a few words: the subject of its commit, and the line in `log`.
    pub fn sentence(&self) -> String {
        use crate::text::short;
        match self {
            Self::LedgerStarted { project, .. } if project.is_empty() => "start the ledger".into(),
            Self::LedgerStarted { project, .. } => format!("start the ledger of {}", short(project, 60)),
            Self::SignersProposed(change) => {
                let add: Vec<String> = change.add.iter().map(|s| short(&s.name, 40)).collect();
                let revoke = change.revoke.iter().map(|key| format!("without {key}"));
                let threshold = change.threshold.map(|n| format!("threshold {n}"));
                let parts: Vec<String> = add.into_iter().chain(revoke).chain(threshold).take(5).collect();
                format!("propose signers: {}", parts.join(", "))
            }
            Self::SignersSeconded { proposal } => format!("second the signers of entry {}", proposal.short()),
            Self::LedgerMoved { to } => format!("move the ledger to {}", short(to, 80)),
            Self::CandidateCut(cut) if cut.kind == CutKind::Hotfix => {
                let why = short(cut.reason.as_deref().unwrap_or_default(), 60);
                format!("cut the hotfix {} from {}: {why}", cut.version, cut.from.short())
            }
            Self::CandidateCut(cut) => format!("cut {} from {}", cut.version, cut.from.short()),
            Self::HeadSeen { version, commit } => format!("see {} at {}", version, commit.short()),
            Self::RcTagged { version, rc, commit, .. } => {
                format!("tag {version}-rc.{rc} at {}", commit.short())
            }
            Self::SlotSkipped { slot, reason } => format!("skip the slot of {slot}: {reason}"),
            Self::CommitAccepted { version, commit, reason } => {
                format!("accept {} on {version}: {}", commit.short(), short(reason, 60))
            }
            Self::Approved { version, commit } => format!("approve {version} at {}", commit.short()),
            Self::Waived { version, gate, subject, commit, reason, .. } => {
                let subject = subject.as_ref().map(|s| format!(":{}", short(s, 40))).unwrap_or_default();
                let gate = short(gate, 20);
                format!("waive {gate}{subject} for {version} at {}: {}", commit.short(), short(reason, 60))
            }
            Self::WaiverLifted { version, gate, subject } => {
                let subject = subject.as_ref().map(|s| format!(":{}", short(s, 40))).unwrap_or_default();
                format!("lift the waiver of {}{subject} for {version}", short(gate, 20))
            }
            Self::ReportFiled { version, rc, report, outcome, .. } => {
                let word = match outcome {
                    ReportOutcome::Good => "good",
                    ReportOutcome::Bad => "bad",
                };
                format!("report {} says {version}-rc.{rc} is {word}", short(report, 8))
            }
            Self::ReportConfirmed { report } => format!("confirm report {}", short(report, 8)),
            Self::ReportResolved { report, answer: Answer::FixedBy(commit) } => {
                format!("resolve report {}: fixed by {}", short(report, 8), commit.short())
            }
            Self::ReportResolved { report, answer: Answer::NotOurs(reason) } => {
                format!("resolve report {}: not ours, {}", short(report, 8), short(reason, 60))
            }
            Self::CheckRecorded { name, outcome, commit, .. } => {
                let word = match outcome {
                    CheckOutcome::Passed => "passed",
                    CheckOutcome::Failed => "failed",
                };
                format!("check {} {word} for {}", short(name, 60), commit.short())
            }
            Self::ExperimentEnded(summary) => summary.sentence(),
            Self::Held { version, reason, .. } => format!("hold {version}: {}", short(reason, 80)),
            Self::HoldLifted { version } => format!("lift the hold on {version}"),
            Self::Frozen { reason, until, .. } => {
                format!("freeze until {}: {}", until.strftime("%F %R UTC"), short(reason, 60))
            }
            Self::FreezeLifted {} => "lift the freeze".into(),
            Self::PromotionRequested { version, commit } => {
                format!("ask to promote {version} when {} is clear", commit.short())
            }
            Self::PolicyAdopted { version, relaxed, .. } if relaxed.is_empty() => {
                format!("adopt a policy for {version}")
            }
            Self::PolicyAdopted { version, relaxed, .. } => {
                format!("adopt a policy for {version}, relaxing {}", short(&relaxed.join(", "), 80))
            }
            Self::PromotionPlanned(op) => format!("plan {} as {}", op.version, op.new_stable.short()),
            Self::PromotionMoving { operation } => format!("move the refs of operation {operation}"),
            Self::PromotionContinued { operation, .. } => format!("carry on operation {operation}"),
            Self::Fenced { operation } => format!("fence operation {operation}"),
            Self::PromotionAborted { operation, reason, .. } => {
                format!("abort operation {operation}: {}", short(reason, 60))
            }
            Self::ReleaseConfirmed { version, .. } => format!("release {version}"),
            Self::Withdrawn { version, reason, .. } => format!("withdraw {version}: {}", short(reason, 80)),
            Self::StableCarried { version, stable, .. } => {
                format!("carry {} of stable into {version}", stable.short())
            }
            Self::StepStarted { version, step, .. } => format!("begin step {} of {version}", short(step, 40)),
            Self::StepDone { version, step, by, .. } => {
                let how = match by {
                    By::Probed => "found done",
                    By::Ran => "done",
                    By::Told => "done, as somebody says",
                };
                format!("step {} of {version} is {how}", short(step, 40))
            }
            Self::StepFailed { version, step, why, .. } => {
                format!("step {} of {version} is not done: {}", short(step, 40), short(why, 80))
            }
            Self::StepRetried { version, step } => {
                format!("ask for step {} of {version} anew", short(step, 40))
            }
            Self::Noticed { to, keys } => {
                format!("tell {} of {}", short(to, 40), crate::text::count(keys.len(), "thing"))
            }
            Self::NoticeFailed { to, why, .. } => {
                format!("fail to tell {}: {}", short(to, 40), short(why, 80))
            }
            Self::Struck { entry, reason } => {
                format!("strike entry {}: {}", entry.short(), short(reason, 60))
            }
            Self::Unknown => "something that a newer allclear wrote".into(),
        }
    }
}
