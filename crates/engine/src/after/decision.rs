//! What a person says of an after-step: that it is done, or to try it anew.

use crate::{AfterRefusal, Engine, Refusal, Snapshot};
use allclear_core::Version;
use allclear_core::decide::after;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::step_end::DoneBy;
use allclear_core::project::Release;
use allclear_core::project::steps::Mark;

/// What a person says of a step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StepDecision {
    /// Try it anew, as if nothing had been tried.
    Retry,
    /// It is done, and this is how that is known.
    Done(String),
}

impl Engine<'_> {
    /// Records what a person says of a step; gives the release.
    pub fn decide_step(
        &self,
        version: Option<Version>,
        name: &str,
        word: &StepDecision,
    ) -> Result<Version, Refusal> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, release) = snapshot.pick_release(version)?;
            if release.after.iter().all(|step| step.name != name) {
                let known = release.after.iter().map(|step| step.name.clone()).collect();
                return Err(AfterRefusal::NoSuchStep { version, step: name.to_owned(), known }.into());
            }
            let now = self.clock.now();
            let report = after::report(release, now).into_iter().find(|r| r.step.name == name);
            let state = report.map(|r| (r.state, r.progress.mark));
            let step = name.to_owned();
            match state {
                Some((after::StepState::Done, _)) => {
                    return Err(AfterRefusal::DoneAlready { version, step }.into());
                }
                Some((after::StepState::Running, Mark::Begun { until })) => {
                    return Err(AfterRefusal::Running { version, step, until }.into());
                }
                Some(_) | None => {}
            }
            let event = match word {
                StepDecision::Retry => Event::StepRetried { version, step },
                StepDecision::Done(reason) => {
                    Event::StepDone { version, step, by: DoneBy::Told, reason: Some(reason.clone()) }
                }
            };
            Ok((self.draft(vec![event]), version))
        })
    }
}

impl Snapshot {
    /// Picks the release that a command is about: the named one, or the newest that has steps.
    pub fn pick_release(&self, wanted: Option<Version>) -> Result<(Version, &Release), Refusal> {
        let releases = &self.project.releases;
        match wanted {
            Some(version) => releases
                .get(&version)
                .map(|r| (version, r))
                .ok_or_else(|| AfterRefusal::NotReleasedHere(version).into()),
            None => releases
                .iter()
                .rev()
                .find(|(_, release)| !release.after.is_empty())
                .map(|(version, release)| (*version, release))
                .ok_or_else(|| AfterRefusal::NoSteps.into()),
        }
    }
}
