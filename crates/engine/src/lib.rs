//! The use cases: each observes, assesses, decides and records, through ports alone.
//!
//! `tick` is observe → assess → plan → act → record. It takes no input, may be run by anyone at any
//! time, any number of times, and may be killed anywhere. Every other use case is one decision made
//! by the same steps.

mod after;
mod candidate;
mod decide;
mod engine;
mod evidence;
mod fault;
mod ledger;
mod look;
mod note;
mod people;
mod promotion;
mod read;
mod refusal;
mod setup;
mod tick;

pub use after::decision::StepDecision;
pub use candidate::cut::{CutPlan, CutWish};
pub use candidate::hotfix::{HotfixPlan, HotfixWish};
pub use candidate::pick::outcome::{
    Clash, ClashFile, OnePick, PickWish, Picked, Picking, SkipReason, SkippedPick,
};
pub use candidate::withdraw::Withdrawn;
pub use engine::Engine;
pub use evidence::check::CheckResult;
pub use evidence::experiment::cache::Inputs;
pub use evidence::experiment::lab::Lab;
pub use evidence::experiment::outcome::{CheckRun, RecordStatus, Tested};
pub use evidence::experiment::plan::Plan;
pub use evidence::experiment::progress::Progress;
pub use evidence::experiment::record::table::RESULTS;
pub use evidence::experiment::target::{Target, TestWish};
pub use fault::{Fault, FaultKind};
pub use look::snapshot::{POLICY_FILE, PolicySeen, Snapshot};
pub use note::Note;
pub use people::reports::{ReportText, ReportWish};
pub use people::signers::SignersChange;
pub use people::waive::{WaiverMade, WaiverWish};
pub use promotion::build::PromotionPlan;
pub use promotion::outcome::Released;
pub use read::changelog::{Changes, ChangesOf};
pub use read::location::{CommitLocation, InRc, InRelease, MatchedBy, OnCandidate, OnDevelop, Route, Twin};
pub use read::verify::verification::{ReleaseTruth, Verification};
pub use refusal::{
    AfterRefusal, CandidateRefusal, EvidenceRefusal, LedgerRefusal, LookRefusal, PeopleRefusal,
    PromotionRefusal, PushRefusal, ReadRefusal, Refusal, SetupRefusal,
};
pub use setup::adoption::Adoption;
pub use setup::doctor::Examination;
pub use setup::probe::{Probe, ProbeAnswer, ProbeOutcome};
pub use setup::repair::{Repair, RepairMethod};
pub use tick::{Done, Ticked};
