//! How far after-steps came.

use crate::ledger::event::Event;
use crate::ledger::step_end::StepFailure;
use crate::project::notified::forget;
use crate::project::state::Project;
use crate::project::steps::{Mark, Progress};
use jiff::Timestamp;

#[expect(clippy::wildcard_enum_match_arm, reason = "the caller sends these four alone")]
pub(in crate::project) fn evolve(project: &mut Project, event: &Event, at: Timestamp) {
    let mut with = |version, name: &str, change: &dyn Fn(&mut Progress)| {
        let Some(release) = project.releases.get_mut(version) else { return };
        if release.after.iter().any(|step| step.name == name) {
            let progress = release.steps.entry(name.to_owned()).or_default();
            // Once a step is done, what a slow machine reports later changes nothing.
            if !matches!(progress.mark, Mark::Done(_)) {
                change(progress);
                progress.at = Some(at);
            }
        }
    };
    match event {
        Event::StepStarted { version, step, attempt, until } => {
            with(version, step, &|p| (p.mark, p.tries) = (Mark::Begun { until: *until }, *attempt));
        }
        Event::StepDone { version, step, by, .. } => with(version, step, &|p| {
            *p = Progress { mark: Mark::Done(*by), tries: p.tries, ..Progress::default() };
        }),
        Event::StepFailed { version, step, attempt, how, why, said } => with(version, step, &|p| {
            p.tries = *attempt;
            (p.why, p.said) = (Some(why.clone()), said.clone());
            p.mark = match how {
                StepFailure::Failed => Mark::Failed,
                StepFailure::Unconfirmed => Mark::Unconfirmed,
                StepFailure::Lost => Mark::Lost,
                // Nothing was run, so nothing new is known.
                StepFailure::Unclear => p.mark,
            };
        }),
        Event::StepRetried { version, step } => {
            with(version, step, &|p| *p = Progress::default());
            forget(&mut project.told, &format!("{version} step {step} "));
        }
        _ => {}
    }
}
