//! The use cases: each observes, assesses, decides and records, through ports alone.
//!
//! `tick` is observe → assess → plan → act → record. It takes no input, may be run by anyone at any
//! time, any number of times, and may be killed anywhere. Every other use case is one decision made
//! by the same steps.

mod adoption;
mod after;
mod append;
mod carry;
mod changelog;
mod classed;
mod cut;
mod doctor;
mod evidence;
mod experiment;
mod facts;
mod fault;
mod found;
mod hotfix;
mod locate;
mod merge_back;
mod named;
mod notify;
mod observe;
mod oddities;
mod operation;
mod people;
mod pick;
mod picked;
mod promote;
mod rc;
mod record;
mod reports;
mod signers;
mod stated;
mod stops;
mod tick;
mod verify;
mod withdraw;

pub use adoption::Adoption;
pub use after::StepWord;
pub use append::Draft;
pub use changelog::{Changes, ChangesOf};
pub use cut::{CutPlan, CutWish};
pub use doctor::{Answer, Examination, How, Outcome, Probe, Repair};
pub use evidence::CheckResult;
pub use experiment::{CheckRun, Inputs, Kept, Lab, Plan, Progress, RESULTS, Target, TestWish, Tested};
pub use fault::{Fault, FaultKind};
pub use hotfix::{HotfixPlan, HotfixWish};
pub use locate::{InRc, InRelease, Likeness, OnCandidate, OnDevelop, Twin, Way, Whereabouts};
pub use observe::{POLICY_FILE, PolicySeen, Snapshot};
pub use people::{WaiverMade, WaiverWish};
pub use picked::{Clash, ClashFile, Idle, Idleness, OnePick, PickWish, Picked, Picking};
pub use promote::{PromotionPlan, Released};
pub use reports::{ReportText, ReportWish};
pub use signers::SignersChange;
pub use tick::{Done, Ticked};
pub use verify::{ReleaseTruth, Verification};
pub use withdraw::Withdrawn;

use allclear_core::event::{Actor, Via};
use allclear_core::port::notify::Notify;
use allclear_core::port::steps::Steps;
use allclear_core::port::{Clock, Repository, Signature};
use allclear_core::{CommitId, OperationId, Version};

/// A step of a use case, as it happens: what progress lines, logs and crash tests consume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// The server was read.
    Observed,
    /// All gates were judged once more for this commit.
    Judged(CommitId),
    /// All objects exist in the private store.
    Built,
    /// The plan is on the ledger.
    Planned(OperationId),
    /// The one push is about to start.
    Moving(OperationId),
    /// The push ended, whatever it says.
    Moved(OperationId),
    /// The refs were read over a new connection.
    ReadBack,
    /// Somebody moved develop; the plan is made anew.
    Replanning {
        /// Which try this will be.
        attempt: u32,
    },
    /// A decision goes on record without a signature, where the policy wants one.
    Unsigned,
    /// An append lost its race and is tried again.
    Raced,
    /// The release is on record.
    Confirmed(Version),
    /// The run of an after-step is on record as begun, and starts now.
    StepBegins(Version, String),
    /// The run of an after-step ended; nothing is recorded of that yet.
    StepEnded(Version, String),
    /// A notice was delivered; nothing is recorded of that yet.
    Told(String),
}

/// One person or job, at one repository, at one machine.
pub struct Engine<'a> {
    /// The repository.
    pub repo: &'a dyn Repository,
    /// What runs the project's own commands on this machine; `None` where nothing may be run.
    pub steps: Option<&'a dyn Steps>,
    /// What delivers notices from this machine; `None` where nothing is delivered.
    pub notify: Option<&'a dyn Notify>,
    /// Time and chance.
    pub clock: &'a dyn Clock,
    /// Who acts.
    pub by: Actor,
    /// From where.
    pub via: Via,
    /// Hears of each step.
    pub watch: &'a (dyn Fn(&Note) + Sync),
}

impl Engine<'_> {
    fn note(&self, note: Note) {
        (self.watch)(&note);
    }

    fn signature(&self, at: jiff::Timestamp) -> Signature {
        Signature { who: self.by.who.clone(), at }
    }
}
