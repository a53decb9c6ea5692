//! The policy's own checks, run in the lab on the project's own tree.

use super::{Lab, Progress, Target, not_stopped, queue};
use crate::{Engine, Fault};
use allclear_core::event::CheckOutcome;
use allclear_core::lab::{
    Arm, Attempt, Ecosystem, Job, Limits, Mode, Must, Outcome, Recipe, Run, Side,
};
use allclear_core::port::lab::Request;
use allclear_core::Seconds;

/// What a check of the policy's own said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckRun {
    /// The check.
    pub name: String,
    /// How it ended; `None` where the lab could not find out.
    pub outcome: Option<CheckOutcome>,
    /// The attempt that says so.
    pub attempt: Attempt,
}

/// A check that the lab runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LabCheck {
    pub(super) name: String,
    pub(super) run: String,
    pub(super) limits: Option<Limits>,
}

impl Engine<'_> {
    pub(super) fn run_checks(&self, target: &Target, lab: &Lab<'_>) -> Result<Vec<CheckRun>, Fault> {
        let mut runs: Vec<Option<CheckRun>> = target.checks.iter().map(|_| None).collect();
        queue::each(
            &target.checks,
            lab.jobs,
            |n, check, say| {
                if let Some(run) = run(check, &target.candidate, lab) {
                    let _heard = say.send((n, run));
                }
            },
            |(n, run)| {
                (lab.watch)(&Progress::Checked(&run));
                runs[n] = Some(run);
            },
            || lab.stop_if_asked(),
        );
        not_stopped(lab)?;
        Ok(runs.into_iter().flatten().collect())
    }
}

/// Runs a check; what only took too much gets twice as much, once.
fn run(check: &LabCheck, side: &Side, lab: &Lab<'_>) -> Option<CheckRun> {
    let job = job(check, side);
    let mut request =
        Request { job: &job, side, arm: Arm::Candidate, mode: Mode::Fresh, scale: 1, number: 1 };
    loop {
        if lab.is_stopped() {
            return None;
        }
        let attempt = lab.executor.attempt(&request);
        if lab.is_stopped() {
            return None;
        }
        let greedy = matches!(attempt.outcome, Outcome::TimedOut | Outcome::OutOfMemory);
        if greedy && request.scale == 1 {
            request = Request { scale: 2, number: 2, ..request };
            continue;
        }
        return Some(CheckRun { name: check.name.clone(), outcome: outcome(attempt.outcome), attempt });
    }
}

fn outcome(outcome: Outcome) -> Option<CheckOutcome> {
    match outcome {
        Outcome::Passed => Some(CheckOutcome::Passed),
        Outcome::FailedBuild
        | Outcome::FailedTest
        | Outcome::FailedRun
        | Outcome::TimedOut
        | Outcome::OutOfMemory
        | Outcome::NoSpace => Some(CheckOutcome::Failed),
        Outcome::Network
        | Outcome::Infra
        | Outcome::Unprepared
        | Outcome::NotInjected
        | Outcome::Skipped => None,
    }
}

/// A check is its one command, in the step `test`.
fn job(check: &LabCheck, side: &Side) -> Job {
    let none = || Some(String::new());
    Job {
        name: check.name.clone(),
        repo: super::plan::HERE.into(),
        commit: side.commit.clone(),
        tag: None,
        dir: String::new(),
        one_of_many: false,
        ecosystem: Ecosystem::Generic,
        recipe: Recipe {
            build: none(),
            test: Some(check.run.clone()),
            run: Some(Run { command: none(), must: Must::Exits(Seconds::MINUTE) }),
            limits: check.limits,
            ..Recipe::default()
        },
    }
}
