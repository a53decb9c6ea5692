//! What a person says of an after-step: that it is done, or to try it anew.

use crate::{Engine, Fault, FaultKind, Snapshot};
use allclear_core::Version;
use allclear_core::decide::after;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::step_end::By;
use allclear_core::project::Release;
use allclear_core::project::steps::Mark;
use allclear_core::types::text::{list, short};

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
    ) -> Result<Version, Fault> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, release) = snapshot.pick_release(version)?;
            let names: Vec<&str> = release.after.iter().map(|step| step.name.as_str()).collect();
            if !names.contains(&name) {
                let what = format!("{version} has no step `{}`", short(name, 60));
                return Err(Fault::new(FaultKind::Usage, what).hint(format!("it has {}", list(&names))));
            }
            let now = self.clock.now();
            let report = after::report(release, now).into_iter().find(|r| r.step.name == name);
            let state = report.map(|r| (r.state, r.progress.mark));
            match state {
                Some((after::StepState::Done, _)) => {
                    return Err(Fault::new(
                        FaultKind::Usage,
                        format!("step {name} of {version} is done already"),
                    ));
                }
                Some((after::StepState::Running, Mark::Begun { until })) => {
                    let what =
                        format!("a machine is at step {name} of {version}, at the latest until {until}");
                    return Err(Fault::new(FaultKind::Waiting, what));
                }
                Some(_) | None => {}
            }
            let step = name.to_owned();
            let event = match word {
                StepDecision::Retry => Event::StepRetried { version, step },
                StepDecision::Done(reason) => {
                    Event::StepDone { version, step, by: By::Told, reason: Some(reason.clone()) }
                }
            };
            Ok((self.draft(vec![event]), version))
        })
    }
}

impl Snapshot {
    /// Picks the release that a command is about: the named one, or the newest that has steps.
    pub fn pick_release(&self, wanted: Option<Version>) -> Result<(Version, &Release), Fault> {
        let releases = &self.project.releases;
        match wanted {
            Some(version) => releases.get(&version).map(|r| (version, r)).ok_or_else(|| {
                Fault::new(FaultKind::Usage, format!("{version} was not released through this record"))
            }),
            None => releases
                .iter()
                .rev()
                .find(|(_, release)| !release.after.is_empty())
                .map(|(version, release)| (*version, release))
                .ok_or_else(|| {
                    Fault::new(FaultKind::Usage, "no release has after-steps")
                        .hint("write [[after]] into allclear.toml on develop; it counts from the next cut on")
                }),
        }
    }
}
