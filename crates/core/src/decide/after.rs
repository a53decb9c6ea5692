//! After-steps: what is due of them now, and what their ends mean.
//!
//! A release is final when it is confirmed; a step that fails never undoes it. What has to be prevented is
//! publishing twice, so nothing is run before the probe has said that it is not done, and what is not known
//! is never taken for "it did not happen":
//!
//! | on record              | probe: done | probe: not done         | probe: cannot tell | no probe             |
//! |------------------------|-------------|-------------------------|--------------------|----------------------|
//! | nothing                | done        | run it                  | look again later   | run it               |
//! | the run failed         | done        | run it again, with back-off | look again later | run it again, with back-off |
//! | the run ended well     | done        | look again, never run   | look again later   | done                 |
//! | begun, and no end      | done        | run it, lease over      | look again later   | a person must say    |
//! | ended by the time limit| done        | run it again            | look again later   | a person must say    |
//!
//! A run is begun by an entry that only one of several machines can land; its lease is the step's limit and
//! [`GRACE`], in which registries come to show what they were given. A run that ended well is not repeated by
//! itself even where the probe keeps saying no: the probe is wrong, or the registry is slow, and both need
//! eyes rather than a second upload. Looks and runs back off from one minute to six hours, counted from the
//! record, so that every machine waits together.

use crate::ledger::entry::TOLERANCE;
use crate::ledger::step_end::StepFailure;
use crate::policy::AfterStep;
use crate::port::steps::{End, Ended};
use crate::project::Release;
use crate::project::steps::Mark;
use crate::project::steps::Progress;
use crate::types::duration::Seconds;
use jiff::Timestamp;
use serde::Serialize;

/// How long a probe may take.
pub const PROBE: Seconds = Seconds(120);

/// The pauses between the probes right behind a run that ended well.
pub const SETTLING: [Seconds; 4] = [Seconds(10), Seconds(20), Seconds(40), Seconds(80)];

/// What a probe says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// It is done.
    Done,
    /// It is not done.
    NotDone,
    /// It cannot tell, for this reason.
    Unclear(String),
}

/// What to do with a probe's answer before anything was run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Record that it is done.
    Done,
    /// Run it.
    Run,
    /// Record why not, and look again later.
    Later(StepFailure, String),
}

/// How a step looks to people now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepState {
    /// It is done.
    Done,
    /// Other steps come first.
    Waiting,
    /// It is due.
    Due,
    /// A machine is at it.
    Running,
    /// It failed, and is tried again.
    Retrying,
    /// It was run, and the probe does not say so yet.
    Unconfirmed,
    /// Nobody can tell what became of it; a person must say.
    Unknown,
}

/// One step of a release, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepReport<'a> {
    /// The step.
    pub step: &'a AfterStep,
    /// What is on record.
    pub progress: Progress,
    /// How it looks now.
    pub state: StepState,
    /// The steps that it still waits for.
    pub waits_for: Vec<&'a str>,
    /// When it is looked at next; `None` where it is done, waits for others, or needs a person.
    pub next_at: Option<Timestamp>,
}

/// Reads what a probe that ended says.
pub fn answer(ended: &Ended) -> Answer {
    match &ended.end {
        End::Exit(0) => Answer::Done,
        End::Exit(1) => Answer::NotDone,
        End::Exit(_) | End::Killed | End::TimedOut | End::NotStarted => {
            Answer::Unclear(format!("the probe cannot tell: {}", ended.sentence()))
        }
    }
}

/// Decides what comes of a probe's answer before anything was run; `None` for a step without a probe.
pub fn before_run(step: &AfterStep, progress: &Progress, answer: Option<Answer>, now: Timestamp) -> Next {
    match answer {
        Some(Answer::Done) => Next::Done,
        Some(Answer::Unclear(why)) => Next::Later(StepFailure::Unclear, why),
        Some(Answer::NotDone) | None if progress.may_run(now) && step.run().is_some() => Next::Run,
        Some(Answer::NotDone) | None if step.run().is_some() => Next::Later(
            StepFailure::Unconfirmed,
            "it ran and exited with 0, but the probe says that it is not done".into(),
        ),
        Some(Answer::NotDone) | None => {
            Next::Later(StepFailure::Unconfirmed, "the probe says that it is not done yet".into())
        }
    }
}

/// Tells whether another probe is worth its pause: the run ended well, and the registry may be slow.
pub fn may_settle(ended: &Ended, answer: &Answer) -> bool {
    ended.end == End::Exit(0) && *answer != Answer::Done
}

/// Decides what a run was: `Ok` for done. `answer` is the last probe's behind it.
///
/// # Errors
///
/// How it ended instead, and why.
pub fn after_run(ended: &Ended, answer: Option<&Answer>) -> Result<(), (StepFailure, String)> {
    match (answer, &ended.end) {
        (Some(Answer::Done), _) | (None, End::Exit(0)) => Ok(()),
        (Some(Answer::NotDone), End::Exit(0)) => Err((
            StepFailure::Unconfirmed,
            "it ran and exited with 0, but the probe says that it is not done".into(),
        )),
        (Some(Answer::Unclear(why)), End::Exit(0)) => {
            Err((StepFailure::Unconfirmed, format!("it ran and exited with 0; {why}")))
        }
        (None, End::Killed | End::TimedOut) => Err((
            StepFailure::Lost,
            format!("{}, and there is no probe to find out how far it got", ended.sentence()),
        )),
        (_, End::Exit(_) | End::Killed | End::TimedOut | End::NotStarted) => {
            Err((StepFailure::Failed, format!("the run {}", ended.sentence())))
        }
    }
}

/// Reports on the steps of a release, in the order of the policy.
pub fn report(release: &Release, now: Timestamp) -> Vec<StepReport<'_>> {
    let of = |name: &str| release.steps.get(name).cloned().unwrap_or_default();
    let is_done = |name: &str| matches!(of(name).mark, Mark::Done(_));
    let report = |step: &'_ AfterStep| -> (Progress, StepState, Option<Timestamp>) {
        let progress = of(&step.name);
        let due = progress.due_at(step);
        let state = match progress.mark {
            Mark::Done(_) => StepState::Done,
            Mark::Lost => StepState::Unknown,
            Mark::Begun { until } if now < TOLERANCE.after(until) => StepState::Running,
            Mark::Begun { .. } if due.is_none() => StepState::Unknown,
            Mark::Unconfirmed => StepState::Unconfirmed,
            Mark::New | Mark::Begun { .. } | Mark::Failed if due.is_some_and(|at| at <= now) => {
                StepState::Due
            }
            Mark::New | Mark::Begun { .. } | Mark::Failed => StepState::Retrying,
        };
        (progress, state, due)
    };
    release
        .after
        .iter()
        .map(|step| {
            let (progress, state, due) = report(step);
            let waits_for: Vec<&str> =
                step.needs.iter().map(String::as_str).filter(|name| !is_done(name)).collect();
            let waits = !waits_for.is_empty() && state != StepState::Done;
            StepReport {
                step,
                progress,
                state: if waits { StepState::Waiting } else { state },
                next_at: due.filter(|_| !waits).map(|at| at.max(release.at)),
                waits_for,
            }
        })
        .collect()
}

/// Lists the steps that are due of a release.
pub fn due(release: &Release, now: Timestamp) -> impl Iterator<Item = StepReport<'_>> {
    report(release, now).into_iter().filter(move |r| r.next_at.is_some_and(|at| at <= now))
}

/// Counts the steps of a release that are done.
pub fn done(release: &Release) -> usize {
    let of = |step: &&AfterStep| release.steps.get(&step.name).map(|p| p.mark);
    release.after.iter().filter(|step| matches!(of(step), Some(Mark::Done(_)))).count()
}

/// Gives the word for a release: `released`, `released · publishing 2 of 3` or `published`.
pub fn word(release: &Release) -> String {
    match (release.after.len(), done(release)) {
        (0, _) => "released".into(),
        (all, done) if done == all => "published".into(),
        (all, done) => format!("released · publishing {done} of {all}"),
    }
}
