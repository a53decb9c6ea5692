//! An event in a few words: the subject of its commit, and its line in `log`.

use super::event::{Answer, CheckOutcome, Event, ReportOutcome};
use super::step_end::DoneBy;
use crate::types::cut_kind::CutKind;

impl Event {
    /// Says the event in a few words: the subject of its commit, and the line in `log`.
    pub fn sentence(&self) -> String {
        use crate::types::text::short;
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
            Self::HoldLifted { version, reason } => {
                format!("lift the hold on {version}{}", because(reason.as_deref()))
            }
            Self::Frozen { reason, until, .. } => {
                format!("freeze until {}: {}", until.strftime("%F %R UTC"), short(reason, 60))
            }
            Self::FreezeLifted { reason } => format!("lift the freeze{}", because(reason.as_deref())),
            Self::PromotionRequested { version, commit } => {
                format!("ask to promote {version} when {} is clear", commit.short())
            }
            Self::PolicyAdopted { version, relaxed, .. } if relaxed.is_empty() => {
                format!("adopt a policy for {version}")
            }
            Self::PolicyAdopted { version, relaxed, .. } => {
                format!("adopt a policy for {version}, relaxing {}", short(&relaxed.join(", "), 80))
            }
            Self::Promoted(promotion) => match &promotion.landed {
                None => format!("release {}", promotion.version),
                Some(landed) => {
                    let by = short(&landed.by, 60);
                    let how = landed.shape.clause(&by, &promotion.commit, promotion.stable_branch.as_str());
                    let why = because(landed.reason.as_deref());
                    format!("complete the release of {}: {how}{why}", promotion.version)
                }
            },
            Self::PromotionContinued { version, reason, .. } => {
                format!("complete the release of {version}{}", because(reason.as_deref()))
            }
            Self::PromotionRefused { version, said, .. } => {
                format!("the server refused {version}: {}", short(said, 80))
            }
            Self::RacesLost { version, .. } => format!("ask observations to wait for {version}"),
            Self::Turned { version, gates, .. } if gates.is_empty() => {
                format!("make void what may still be pushed of {version}")
            }
            Self::Turned { version, gates, .. } => {
                format!("{version} is no longer clear: {}", short(&gates.join(", "), 80))
            }
            Self::LandingSeen { version, commit, shape, by, .. } => {
                format!("{} before {version} was clear", shape.clause(&short(by, 60), commit, "stable"))
            }
            Self::Withdrawn { version, reason, .. } => format!("withdraw {version}: {}", short(reason, 80)),
            Self::StableCarried { version, stable, .. } => {
                format!("merge stable ({}) into {version}", stable.short())
            }
            Self::StepStarted { version, step, .. } => format!("begin step {} of {version}", short(step, 40)),
            Self::StepDone { version, step, by, .. } => {
                let how = match by {
                    DoneBy::Probed => "found done",
                    DoneBy::Ran => "done",
                    DoneBy::Told => "done, as somebody says",
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
                format!("tell {} of {}", short(to, 40), crate::types::text::count(keys.len(), "thing"))
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

/// Says why, where somebody said.
fn because(reason: Option<&str>) -> String {
    reason.map(|reason| format!(" ({})", crate::types::text::short(reason, 80))).unwrap_or_default()
}
