//! The use cases: each observes, assesses, decides and records, through ports alone.
//!
//! `tick` is observe → assess → plan → act → record. It takes no input, may be run by anyone at any
//! time, any number of times, and may be killed anywhere. Every other use case is one decision made
//! by the same steps.

mod after;
mod candidate;
mod evidence;
mod fault;
mod ledger;
mod look;
mod people;
mod promotion;
mod read;
mod setup;
mod tick;

pub use after::step::StepWord;
pub use candidate::cut::{CutPlan, CutWish};
pub use candidate::hotfix::{HotfixPlan, HotfixWish};
pub use candidate::pick::outcome::{Clash, ClashFile, Idle, Idleness, OnePick, PickWish, Picked, Picking};
pub use candidate::withdraw::Withdrawn;
pub use evidence::check::CheckResult;
pub use evidence::experiment::{
    CheckRun, Inputs, Kept, Lab, Plan, Progress, RESULTS, Target, TestWish, Tested,
};
pub use fault::{Fault, FaultKind};
pub use ledger::append::Draft;
pub use look::observe::{POLICY_FILE, PolicySeen, Snapshot};
pub use people::reports::{ReportText, ReportWish};
pub use people::signers::SignersChange;
pub use people::waive::{WaiverMade, WaiverWish};
pub use promotion::attempt::{PromotionPlan, Released};
pub use read::changelog::{Changes, ChangesOf};
pub use read::locate::{InRc, InRelease, Likeness, OnCandidate, OnDevelop, Twin, Way, Whereabouts};
pub use read::verify::report::{ReleaseTruth, Verification};
pub use setup::adoption::Adoption;
pub use setup::doctor::Examination;
pub use setup::probe::{Answer, Outcome, Probe};
pub use setup::repair::{How, Repair};
pub use tick::{Done, Ticked};

use allclear_core::event::{Actor, Via};
use allclear_core::port::{Clock, Repo, Signature};
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
    pub repo: &'a dyn Repo,
    /// Time and chance.
    pub clock: &'a dyn Clock,
    /// Who acts.
    pub by: Actor,
    /// From where.
    pub via: Via,
    /// Hears of each step.
    pub watch: &'a dyn Fn(&Note),
}

impl Engine<'_> {
    fn note(&self, note: Note) {
        (self.watch)(&note);
    }

    fn signature(&self, at: jiff::Timestamp) -> Signature {
        Signature { who: self.by.who.clone(), at }
    }
}
