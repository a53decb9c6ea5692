//! Whose word each event takes. `docs/trust.md` is this table.

use crate::ledger::event::{CheckOutcome, Event, ReportOutcome};

/// Whose word an event takes where the policy says `trust = "signed"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Authority<'a> {
    /// Anybody's who may push: it is bad news, and can only stop a release.
    Anybody,
    /// Anybody's who may push: it decides nothing, since whoever would act on it looks at the refs and the objects.
    Observed,
    /// A signer's, of any role.
    Signer,
    /// An approver's or a captain's.
    Approver,
    /// A captain's or an admin's.
    Captain,
    /// That of a recorder, or of the checker of this check.
    Checker(&'a str),
    /// An admin's, where the root names the signers, whatever the policy says.
    Admin,
    /// As many admins' as the threshold says, whatever the policy says.
    Admins,
}

/// The check whose checker answers for experiments.
pub(crate) const DOWNSTREAM: &str = "downstream";

impl Event {
    /// Tells whose word it takes.
    pub fn authority(&self) -> Authority<'_> {
        match self {
            Self::Approved { .. } => Authority::Approver,
            Self::CommitAccepted { .. }
            | Self::Waived { .. }
            | Self::ReportResolved { .. }
            | Self::HoldLifted { .. }
            | Self::FreezeLifted { .. }
            | Self::PromotionRequested { .. }
            | Self::PolicyAdopted { .. } => Authority::Captain,
            Self::ReportFiled { outcome: ReportOutcome::Good, .. } => Authority::Signer,
            Self::CheckRecorded { name, outcome: CheckOutcome::Passed, .. } => Authority::Checker(name),
            Self::ExperimentEnded(summary) if !summary.is_bad() => Authority::Checker(DOWNSTREAM),
            Self::SignersProposed(_) | Self::SignersSeconded { .. } => Authority::Admins,
            Self::Struck { .. } => Authority::Admin,
            Self::WaiverLifted { .. }
            | Self::ReportConfirmed { .. }
            | Self::ReportFiled { .. }
            | Self::CheckRecorded { .. }
            | Self::ExperimentEnded(_)
            | Self::Held { .. }
            | Self::Frozen { .. }
            | Self::Withdrawn { .. } => Authority::Anybody,
            Self::LedgerStarted { .. }
            | Self::LedgerMoved { .. }
            | Self::CandidateCut(_)
            | Self::HeadSeen { .. }
            | Self::RcTagged { .. }
            | Self::SlotSkipped { .. }
            | Self::Promoted(_)
            | Self::PromotionContinued { .. }
            | Self::PromotionRefused { .. }
            | Self::RacesLost { .. }
            | Self::Turned { .. }
            | Self::LandingSeen { .. }
            | Self::StableCarried { .. }
            | Self::StepStarted { .. }
            | Self::StepDone { .. }
            | Self::StepFailed { .. }
            | Self::StepRetried { .. }
            | Self::Noticed { .. }
            | Self::NoticeFailed { .. }
            | Self::Unknown => Authority::Observed,
        }
    }

    /// Tells whether it speaks against a release. Bad news is never struck.
    pub fn is_bad_news(&self) -> bool {
        self.authority() == Authority::Anybody
    }

    /// Tells whether it is recorded whatever stops deciding: bad news, and the end of a person's own stop.
    pub fn is_always_recorded(&self) -> bool {
        self.is_bad_news() || matches!(self, Self::HoldLifted { .. } | Self::FreezeLifted { .. })
    }
}
