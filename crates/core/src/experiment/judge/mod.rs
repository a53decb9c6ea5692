//! What to try next, and how the arms compare in the end.
//!
//! [`next`] is a function of what is known and of all attempts so far, so an experiment that was interrupted goes on
//! where it was. The candidate comes first and, where it passes, alone: the baseline is tried only to compare. An
//! attempt that says nothing (the lab failed, a limit was hit, another version was built) is repeated once in its
//! place; what counts is how that *turn* ended.
//!
//! | the candidate      | the baseline                      | then                                      |
//! |--------------------|-----------------------------------|-------------------------------------------|
//! | passes             | not tried                         | ok, fixed, unexpected pass                |
//! | passes, unproven   | ran more tests                    | the candidate failed its tests            |
//! | fails              | failed so before, on record       | still failing                             |
//! | fails              | fails in the same way             | still failing, or nothing could be looked at |
//! | fails              | fails in another way, twice       | failing differently                       |
//! | fails              | gets further                      | pairs, until [`Sequential`] has an answer |
//! | fails, twice       | there is none                     | suspect                                   |
//!
//! A failure of the baseline on record may clear the candidate. Only a baseline that was tried here and now may
//! blame it: dependencies, machine and network may have changed since.

mod case;
mod turns;

pub use case::{Case, Known};

use super::sequential::{Answer, Tally};
use super::{Arm, Attempt, Comparison, Mode, Outcome, Proof, Step, Tests};
use crate::types::text;
use std::cmp::Ordering;
use turns::{Kind, Reach, Turn, Turns, place, reach};

/// What is to be done.
#[derive(Debug, Clone, PartialEq)]
pub enum Next {
    /// Another attempt.
    Try {
        /// With which version of the project.
        arm: Arm,
        /// [`Mode::Fresh`] stands for the mode that decides.
        mode: Mode,
        /// By how much the limits of time and memory are multiplied.
        scale: u32,
    },
    /// Nothing: this is the answer.
    Done(Judgement),
}

/// The result for one downstream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// How the arms compare.
    pub comparison: Comparison,
    /// How the candidate's deciding attempt ended.
    pub outcome: Outcome,
    /// In which step; `None` where it passed.
    pub step: Option<Step>,
    /// The group of the failure.
    pub signature: Option<String>,
    /// The line that says what is wrong.
    pub error: Option<String>,
    /// What was built with the candidate; `None` where that is not proven.
    pub proof: Option<Proof>,
    /// The cause, or why there is no answer: one sentence.
    pub note: Option<String>,
}

/// The most attempts, repetitions included; one more may follow to tell the cause.
pub const MOST: usize = 18;

/// Says what to try next, or how the arms compare. It is total: whatever the attempts, following it ends after
/// [`MOST`] of them and one more.
pub fn next(case: &Case, attempts: &[Attempt]) -> Next {
    let turns = Turns::of(case, attempts);
    match turns.next(case) {
        Next::Try { .. } if turns.count >= MOST => turns.attempts_used_up(),
        Next::Done(judgement) if judgement.comparison == Comparison::Regressed && case.locked_differs => {
            turns.cause(judgement)
        }
        next @ (Next::Try { .. } | Next::Done(_)) => next,
    }
}

impl Turns {
    fn next(&self, case: &Case) -> Next {
        let open = [Arm::Candidate, Arm::Baseline].into_iter().find_map(|arm| {
            self.turns(arm).last()?.again(case).map(|scale| Next::Try { arm, mode: Mode::Fresh, scale })
        });
        if let Some(repeat) = open {
            return repeat;
        }
        let Some(first) = self.candidate.first().map(|turn| &turn.last) else {
            return self.attempt(Arm::Candidate);
        };
        match first.outcome.kind() {
            Kind::Passed => self.passed(case, first),
            Kind::Failed | Kind::Starved | Kind::Denied if case.expects_failure => {
                done(Comparison::ExpectedFailure, first)
            }
            Kind::Failed | Kind::Starved | Kind::Denied => self.failed(case, first),
            Kind::Lost => said(Comparison::Unchecked, first, "the lab failed twice"),
            Kind::Foreign => {
                said(Comparison::Unchecked, first, "it is not proven that the candidate was built")
            }
            Kind::Absent => done(Comparison::NotApplicable, first),
        }
    }

    fn turns(&self, arm: Arm) -> &[Turn] {
        match arm {
            Arm::Candidate => &self.candidate,
            Arm::Baseline => &self.baseline,
        }
    }

    fn attempt(&self, arm: Arm) -> Next {
        Next::Try { arm, mode: Mode::Fresh, scale: self.scale }
    }

    /// The candidate passed. Its tests want positive evidence, where some are declared or ran before.
    fn passed(&self, case: &Case, first: &Attempt) -> Next {
        let known = case.known.as_ref();
        let before = known.and_then(|known| known.tests).map_or(0, |tests| tests.ran);
        let doubt = first.tests.and_then(|tests| match tests {
            Tests { ran: 0, declared: 1.., .. } => {
                Some(format!("none of its {} ran", text::count(tests.declared as usize, "declared test")))
            }
            Tests { ran, .. } if ran < before => {
                Some(format!("ran {ran} of the {before} tests that ran before"))
            }
            // A test program that exits early with 0 has passed nothing.
            Tests { ran, declared, .. } if ran < declared && before == 0 => {
                Some(format!("ran {ran} of its {declared} declared tests"))
            }
            Tests { .. } => None,
        });
        let Some(doubt) = doubt else { return done(pass(case, known.map(|known| known.outcome)), first) };
        let none_ran = first.tests.is_some_and(|tests| tests.ran == 0);
        match self.baseline.first().map(|turn| turn.last.outcome) {
            _ if !case.has_baseline && !none_ran => done(pass(case, None), first),
            _ if !case.has_baseline => noted(Comparison::Unchecked, first, doubt),
            None => self.attempt(Arm::Baseline),
            Some(outcome) if outcome.is_silent() => {
                noted(Comparison::Unchecked, first, format!("{doubt}, and the baseline could not be tested"))
            }
            Some(_) if none_ran => {
                noted(Comparison::Unchecked, first, format!("{doubt}, with either version"))
            }
            Some(outcome) => done(pass(case, Some(outcome)), first),
        }
    }

    /// The candidate failed: finds out whether the baseline fails in the same way.
    fn failed(&self, case: &Case, first: &Attempt) -> Next {
        if case.known.as_ref().is_some_and(|known| failed_alike_before(known, first)) {
            return failed_alike(first);
        }
        if !case.has_baseline {
            return self.without_baseline(first);
        }
        if let Some(silent) =
            self.baseline.iter().chain(&self.candidate).find(|turn| turn.last.outcome.is_silent())
        {
            return noted(Comparison::Suspect, first, why_unchecked(&silent.last));
        }
        let mut relations = self.baseline.iter().map(|turn| Relation::of(first, &turn.last));
        match (relations.next(), relations.next()) {
            (None, _) | (Some(Relation::Otherwise), None) => self.attempt(Arm::Baseline),
            (Some(Relation::Alike), _) | (Some(Relation::Otherwise), Some(Relation::Alike)) => {
                failed_alike(first)
            }
            (Some(Relation::Otherwise), Some(Relation::Otherwise)) => {
                noted(Comparison::FailingDifferently, first, self.difference(first))
            }
            (Some(Relation::Further(bar)), _) | (Some(Relation::Otherwise), Some(Relation::Further(bar))) => {
                self.pairs(case, bar)
            }
        }
    }

    /// Without a release to compare with, what fails twice is shown to a person.
    fn without_baseline(&self, first: &Attempt) -> Next {
        match self.candidate.get(1).map(|turn| turn.last.outcome) {
            None => self.attempt(Arm::Candidate),
            Some(Outcome::Passed) => {
                noted(Comparison::Flaky, first, "failed once and passed once".to_owned())
            }
            Some(_) => noted(Comparison::Suspect, first, "there is no release to compare with".to_owned()),
        }
    }

    /// The baseline gets as far as `bar`, and the candidate did not: both are tried in turns, in the order ABBA, so
    /// that what disturbs the machine disturbs both. An attempt fails where it does not reach the bar.
    fn pairs(&self, case: &Case, bar: Reach) -> Next {
        let candidate = tally(&self.candidate, bar);
        let baseline = tally(&self.baseline, bar);
        let answer = match candidate.tries.cmp(&baseline.tries) {
            Ordering::Less => return self.attempt(Arm::Candidate),
            Ordering::Greater => return self.attempt(Arm::Baseline),
            Ordering::Equal => case.rule.answer(candidate, baseline),
        };
        let worst = self.typical_failure(bar);
        let counts = || {
            let Tally { tries, failures } = candidate;
            format!(
                "fails {failures} of {tries} times, and {} of {} with the baseline",
                baseline.failures, baseline.tries
            )
        };
        match answer {
            Answer::More => self.attempt(self.last),
            Answer::Regressed => done(Comparison::Regressed, worst),
            Answer::Flaky => noted(Comparison::Flaky, worst, counts()),
            Answer::Suspect => noted(Comparison::Suspect, worst, counts()),
        }
    }

    /// Gives the candidate's failure that is most common; the first of them where several are.
    fn typical_failure(&self, bar: Reach) -> &Attempt {
        let failures = || self.candidate.iter().map(|turn| &turn.last).filter(|attempt| reach(attempt) < bar);
        let often =
            |attempt: &Attempt| failures().filter(|other| other.signature == attempt.signature).count();
        // `max_by_key` gives the last of equals.
        failures().rev().max_by_key(|attempt| often(attempt)).unwrap_or(&self.candidate[0].last)
    }

    fn difference(&self, first: &Attempt) -> String {
        let baseline = &self.baseline[0].last;
        let step = |attempt: &Attempt| place(attempt).map_or("", Step::name);
        let failed = |attempt: &Attempt| attempt.tests.map_or(0, |tests| tests.failed);
        match &baseline.error {
            _ if reach(first) > reach(baseline) => {
                format!("fails in {}; with the baseline already in {}", step(first), step(baseline))
            }
            _ if baseline.signature == first.signature && failed(first) > failed(baseline) => format!(
                "{} fail; with the baseline {}",
                text::count(failed(first) as usize, "test"),
                failed(baseline)
            ),
            Some(line) => format!("with the baseline: {}", text::short(line, 160)),
            None => format!("with the baseline: {}", baseline.outcome.name()),
        }
    }

    /// The judgement when the attempts are used up.
    fn attempts_used_up(&self) -> Next {
        let note = format!("no answer after {}", text::count(self.count, "attempt"));
        let candidate = || self.candidate.iter().map(|turn| &turn.last);
        match (candidate().find(|attempt| attempt.outcome.is_failure()), candidate().next()) {
            (Some(failure), _) => noted(Comparison::Suspect, failure, note),
            (None, Some(attempt)) => noted(Comparison::Unchecked, attempt, note),
            (None, None) => {
                let never = Attempt { outcome: Outcome::Infra, ..Attempt::new(Arm::Candidate, Mode::Fresh) };
                noted(Comparison::Unchecked, &never, note)
            }
        }
    }

    /// Asks for the attempt that tells the cause of a regression, or adds what it told.
    fn cause(&self, judgement: Judgement) -> Next {
        let Some(locked) = self.locked.last() else {
            return Next::Try { arm: Arm::Candidate, mode: Mode::Locked, scale: self.scale };
        };
        let cause = match locked.outcome.kind() {
            Kind::Passed => "passes with its own pinned versions: another dependency is to blame",
            Kind::Failed | Kind::Starved => "fails with its own pinned versions too",
            Kind::Denied | Kind::Lost | Kind::Foreign | Kind::Absent => {
                "could not be tried with its own pinned versions"
            }
        };
        let note = judgement.note.map_or_else(|| cause.to_owned(), |note| format!("{note}; {cause}"));
        Next::Done(Judgement { note: Some(note), ..judgement })
    }
}

/// How a failure of the baseline relates to the candidate's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It is the same.
    Alike,
    /// It is another one. That can be chance, and then it would hide what the candidate broke.
    Otherwise,
    /// The baseline gets further, to here.
    Further(Reach),
}

impl Relation {
    fn of(candidate: &Attempt, baseline: &Attempt) -> Self {
        let got = reach(baseline);
        if got > reach(candidate) {
            Self::Further(got)
        } else if got == reach(candidate) && is_alike(candidate, baseline) {
            Self::Alike
        } else {
            Self::Otherwise
        }
    }
}

/// Tells whether two failures of one step are the same. A limit or a lack has no line that could differ; tests that
/// fail beside the first are counted.
fn is_alike(candidate: &Attempt, baseline: &Attempt) -> bool {
    let failed = |attempt: &Attempt| attempt.tests.map_or(0, |tests| tests.failed);
    match candidate.outcome.kind() {
        Kind::Starved | Kind::Denied => candidate.outcome == baseline.outcome,
        Kind::Failed | Kind::Passed | Kind::Lost | Kind::Foreign | Kind::Absent => {
            candidate.outcome == baseline.outcome
                && candidate.signature == baseline.signature
                && failed(candidate) <= failed(baseline)
        }
    }
}

/// Tells whether the baseline is on record with the very same failure.
fn failed_alike_before(known: &Known, first: &Attempt) -> bool {
    let failed = |tests: Option<Tests>| tests.map_or(0, |tests| tests.failed);
    known.signature.is_some()
        && known.signature == first.signature
        && known.outcome == first.outcome
        && known.step.or(known.outcome.usual_step()) == place(first)
        && failed(first.tests) <= failed(known.tests)
}

fn tally(turns: &[Turn], bar: Reach) -> Tally {
    let mut tally = Tally::default();
    turns.iter().for_each(|turn| tally.add(reach(&turn.last) < bar));
    tally
}

fn pass(case: &Case, baseline: Option<Outcome>) -> Comparison {
    match baseline {
        _ if case.expects_failure => Comparison::UnexpectedPass,
        Some(outcome) if outcome.is_failure() => Comparison::Fixed,
        _ => Comparison::Ok,
    }
}

/// Both arms fail in the same way. Where both lack something, nothing was looked at.
fn failed_alike(first: &Attempt) -> Next {
    match first.outcome.kind() {
        Kind::Denied => {
            let what = first.note.as_deref().or(first.error.as_deref()).unwrap_or(first.outcome.name());
            let note = format!("{}, with either version", text::short(what, 200));
            judged(Comparison::Unchecked, first, Some(note))
        }
        Kind::Failed | Kind::Starved | Kind::Passed | Kind::Lost | Kind::Foreign | Kind::Absent => {
            done(Comparison::StillFailing, first)
        }
    }
}

fn why_unchecked(attempt: &Attempt) -> String {
    let arm = match attempt.arm {
        Arm::Candidate => "the candidate",
        Arm::Baseline => "the baseline",
    };
    let why = attempt.note.as_deref().unwrap_or(attempt.outcome.name());
    format!("{arm} could not be tested: {}", text::short(why, 200))
}

fn done(comparison: Comparison, attempt: &Attempt) -> Next {
    judged(comparison, attempt, attempt.note.clone())
}

/// Gives what the lab says itself of the attempt, or else `usual`.
fn said(comparison: Comparison, attempt: &Attempt, usual: &str) -> Next {
    judged(comparison, attempt, Some(attempt.note.clone().unwrap_or_else(|| usual.to_owned())))
}

/// Adds a note to what the lab says itself of the attempt.
fn noted(comparison: Comparison, attempt: &Attempt, note: String) -> Next {
    let note = attempt.note.as_ref().map_or_else(|| note.clone(), |own| format!("{own}; {note}"));
    judged(comparison, attempt, Some(note))
}

fn judged(comparison: Comparison, attempt: &Attempt, note: Option<String>) -> Next {
    Next::Done(Judgement {
        comparison,
        outcome: attempt.outcome,
        step: place(attempt),
        signature: attempt.signature.clone(),
        error: attempt.error.clone(),
        proof: attempt.proof.clone().filter(|_| attempt.outcome != Outcome::NotInjected),
        note,
    })
}

#[cfg(test)]
mod simulation;
#[cfg(test)]
mod tests;
