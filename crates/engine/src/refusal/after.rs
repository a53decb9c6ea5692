//! What keeps an after-step from being done, or a notice from being delivered.

use crate::{Fault, FaultKind};
use allclear_core::Version;
use allclear_core::decide::notices::remedy;
use allclear_core::ledger::step_end::StepFailure;
use allclear_core::project::steps::back_off;
use allclear_core::types::text::{list, short};
use jiff::Timestamp;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterRefusal {
    NoStepsHere,
    NotDone { version: Version, step: String, how: StepFailure, why: String, attempt: u32 },
    NoSuchStep { version: Version, step: String, known: Vec<String> },
    DoneAlready { version: Version, step: String },
    Running { version: Version, step: String, until: Timestamp },
    NotReleasedHere(Version),
    NoSteps,
    NotNotified { to: String, why: String, attempt: u32 },
}

impl From<&AfterRefusal> for Fault {
    fn from(refusal: &AfterRefusal) -> Self {
        use AfterRefusal as R;
        match refusal {
            R::NoStepsHere => Self::try_later("this machine runs no after-steps"),
            R::NotDone { version, step, how, why, attempt } => {
                let kind = if *how == StepFailure::Lost { FaultKind::Blocked } else { FaultKind::TryLater };
                let fault = Self::new(kind, format!("step {step} of {version} is not done: {why}"))
                    .truth(format!("{version} is released, and stays so; nothing is undone"));
                match how {
                    StepFailure::Lost => remedy(*version, step).into_iter().fold(fault, Self::hint),
                    StepFailure::Failed | StepFailure::Unconfirmed | StepFailure::Unclear => {
                        fault.hint(format!(
                            "the first tick after {} looks again; allclear after {version} shows its last output",
                            back_off(*attempt)
                        ))
                    }
                }
            }
            R::NoSuchStep { version, step, known } => {
                Self::usage(format!("{version} has no step `{}`", short(step, 60)))
                    .hint(format!("it has {}", list(known)))
            }
            R::DoneAlready { version, step } => {
                Self::usage(format!("step {step} of {version} is done already"))
            }
            R::Running { version, step, until } => Self::waiting(format!(
                "a machine is running step {step} of {version}, until {until} at the latest"
            )),
            R::NotReleasedHere(version) => {
                Self::usage(format!("{version} was not released through this record"))
            }
            R::NoSteps => Self::usage("no release has after-steps")
                .hint("add [[after]] to allclear.toml on develop; it applies from the next cut"),
            R::NotNotified { to, why, attempt } => Self::try_later(format!("{to} was not notified: {why}"))
                .truth("the release is not affected; the notice is kept")
                .hint(format!("the first tick after {} tries again", back_off(*attempt))),
        }
    }
}
