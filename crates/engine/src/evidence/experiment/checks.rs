//! The policy's own checks, run in the lab on the project's own tree.

use super::cache::cache_key;
use super::lab::Lab;
use super::outcome::CheckRun;
use super::plan::HERE;
use super::progress::Progress;
use super::queue;
use super::target::{Target, TestWish};
use crate::{Engine, Refusal};
use allclear_core::experiment::{Arm, Ecosystem, Job, Mode, Must, Outcome, Recipe, Run, Side};
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::policy::LabCheck;
use allclear_core::port::lab::Request;
use allclear_core::{RULES, Seconds};
use serde::{Deserialize, Serialize};

/// What is remembered of a check.
#[derive(Serialize, Deserialize)]
struct Before {
    rules: u32,
    key: String,
    run: CheckRun,
}

/// A check to be run.
struct Task<'a> {
    check: &'a LabCheck,
    job: Job,
    before: Option<Before>,
}

impl Engine<'_> {
    pub(super) fn run_checks(
        &self,
        target: &Target,
        wish: &TestWish,
        lab: &Lab<'_>,
    ) -> Result<Vec<CheckRun>, Refusal> {
        let tasks: Vec<Task<'_>> = target
            .checks
            .iter()
            .map(|check| {
                let bytes = self.repo.recall(&cache_key("check", &check.name));
                let before = bytes.and_then(|bytes| serde_json::from_slice::<Before>(&bytes).ok());
                let forgotten = |b: &Before| wish.rerun_failed && b.run.outcome != Some(CheckOutcome::Passed);
                let before = before.filter(|b| b.rules == RULES && !forgotten(b));
                Task { check, job: job(check, &target.candidate), before }
            })
            .collect();
        let mut runs: Vec<Option<CheckRun>> = tasks.iter().map(|_| None).collect();
        queue::each(
            &tasks,
            lab.jobs,
            |n, task, say| {
                if let Some(ended) = task.run(&target.candidate, lab) {
                    let _heard = say.send((n, ended));
                }
            },
            |(n, (key, run))| {
                (lab.watch)(&Progress::Checked(&run));
                let lasts = run.outcome.is_some() && !run.known && !run.attempt.floating;
                if let Some(key) = key.filter(|_| lasts)
                    && let Ok(bytes) = serde_json::to_vec(&Before { rules: RULES, key, run: run.clone() })
                {
                    self.repo.remember(&cache_key("check", &run.name), &bytes);
                }
                runs[n] = Some(run);
            },
            || lab.stop_if_asked(),
        );
        lab.go_on()?;
        Ok(runs.into_iter().flatten().collect())
    }
}

impl Task<'_> {
    /// Runs it, unless its end is known; what only took too much gets twice as much, once. `None` where everything
    /// is stopped.
    fn run(&self, side: &Side, lab: &Lab<'_>) -> Option<(Option<String>, CheckRun)> {
        let key = lab.executor.key(&self.job, side, Mode::Fresh);
        if let Some(before) = self.before.as_ref().filter(|before| Some(&before.key) == key.as_ref()) {
            return Some((key, CheckRun { known: true, ..before.run.clone() }));
        }
        let (arm, mode) = (Arm::Candidate, Mode::Fresh);
        let mut request = Request { job: &self.job, side, arm, mode, scale: 1, number: 1 };
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
            let outcome = outcome(attempt.outcome);
            let name = self.check.name.clone();
            return Some((key, CheckRun { name, outcome, attempt, known: false }));
        }
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
        Outcome::Network | Outcome::Infra | Outcome::Unprepared | Outcome::NotInjected | Outcome::Skipped => {
            None
        }
    }
}

/// A check is its one command, in the step `test`.
fn job(check: &LabCheck, side: &Side) -> Job {
    let none = || Some(String::new());
    Job {
        name: check.name.clone(),
        repo: HERE.into(),
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
