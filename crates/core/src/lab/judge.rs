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
//! What is on record of the baseline may exonerate. Only a baseline that was tried here and now convicts: the world
//! around the two (dependencies, machine, network) may have changed since.

use super::sequential::{Answer, Sequential, Tally};
use super::{Arm, Attempt, Comparison, Mode, Outcome, Proof, Step, Tests, signature};
use crate::text;

/// What is known before the first attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Case {
    /// When enough was tried.
    pub rule: Sequential,
    /// Whether the policy expects it to fail.
    pub expects_failure: bool,
    /// Whether there is a release to compare with.
    pub has_baseline: bool,
    /// How the baseline ended in an earlier experiment with the very same content: it may exonerate, never convict.
    pub known: Option<Known>,
    /// Whether an attempt with its own pinned versions can tell the cause: there are some, and they do not decide.
    pub locked_differs: bool,
}

/// How the baseline ended before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    /// How it ended.
    pub outcome: Outcome,
    /// In which step; `None` where it passed.
    pub step: Option<Step>,
    /// The group of its failure.
    pub signature: Option<String>,
    /// Its tests; `None` where there was no test step.
    pub tests: Option<Tests>,
}

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

/// How one downstream was found.
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
    /// What tells the cause, or why nothing could be said: one sentence.
    pub note: Option<String>,
}

/// How often is tried at most, repetitions included; one attempt to tell the cause may follow.
pub const MOST: usize = 18;

/// What an outcome means for the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It did what it should.
    Passed,
    /// It did not, and a line says why.
    Failed,
    /// It hit a limit that may be too narrow, or a busy machine.
    Starved,
    /// It wanted what it cannot have here. With both arms that is the lab's limit, not a failure.
    Denied,
    /// Nothing can be said of the version.
    Silent,
}

impl Outcome {
    fn kind(self) -> Kind {
        match self {
            Self::Passed => Kind::Passed,
            Self::FailedBuild | Self::FailedTest | Self::FailedRun => Kind::Failed,
            Self::TimedOut | Self::OutOfMemory => Kind::Starved,
            Self::NoSpace | Self::Network | Self::Unprepared => Kind::Denied,
            Self::Infra | Self::NotInjected | Self::Skipped => Kind::Silent,
        }
    }

    /// Tells whether the version was looked at, and something is wrong.
    fn is_failure(self) -> bool {
        matches!(self.kind(), Kind::Failed | Kind::Starved | Kind::Denied)
    }

    /// Gives the step of an outcome that names none.
    fn usual_step(self) -> Option<Step> {
        match self {
            Self::Passed => None,
            Self::Unprepared => Some(Step::Prepare),
            Self::FailedBuild => Some(Step::Build),
            Self::FailedTest => Some(Step::Test),
            Self::FailedRun
            | Self::TimedOut
            | Self::OutOfMemory
            | Self::NoSpace
            | Self::Network
            | Self::Infra
            | Self::NotInjected
            | Self::Skipped => Some(Step::Run),
        }
    }
}

/// How far an attempt got: its step, and beyond all steps where it passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Reach {
    Fell(Step),
    Through,
}

fn reach(attempt: &Attempt) -> Reach {
    match attempt.outcome {
        Outcome::Passed => Reach::Through,
        other => attempt.step.or(other.usual_step()).map_or(Reach::Through, Reach::Fell),
    }
}

/// Says what to try next, or how the arms compare. It is total: whatever the attempts, following it ends after
/// [`MOST`] of them and one more.
pub fn next(case: &Case, attempts: &[Attempt]) -> Next {
    let tried = Tried::of(case, attempts);
    let answer = tried.next(case);
    match answer {
        Next::Try { .. } if tried.count >= MOST => Next::Done(tried.given_up()),
        Next::Done(judgement) if judgement.comparison == Comparison::Regressed && case.locked_differs => {
            with_cause(judgement, &tried)
        }
        other => other,
    }
}

/// One place in the order of attempts: an attempt, repeated where it said nothing.
#[derive(Debug, Clone)]
struct Turn {
    last: Attempt,
    repeated: bool,
}

impl Turn {
    /// Gives the scale at which it is to be repeated; `None` where it counts as it is.
    fn again(&self, case: &Case) -> Option<u32> {
        let scale = self.last.scale;
        match self.last.outcome {
            Outcome::Infra if !self.repeated => Some(scale),
            Outcome::NotInjected if !self.repeated && self.last.arm == Arm::Baseline => Some(scale),
            Outcome::TimedOut | Outcome::OutOfMemory if scale < 2 && !case.expects_failure => Some(2),
            _ => None,
        }
    }

    /// Tells whether it says nothing of the version.
    fn is_silent(&self) -> bool {
        self.last.outcome.kind() == Kind::Silent
    }
}

/// The attempts as turns.
struct Tried {
    candidate: Vec<Turn>,
    baseline: Vec<Turn>,
    /// Those with the pinned versions, which only tell the cause.
    locked: Vec<Attempt>,
    /// The arm that was tried last.
    last: Arm,
    /// The scale of what comes: both arms are compared with the same limits.
    scale: u32,
    /// How many attempts there were, those for the cause left out.
    count: usize,
}

impl Tried {
    fn of(case: &Case, attempts: &[Attempt]) -> Self {
        let mut tried = Self {
            candidate: Vec::new(),
            baseline: Vec::new(),
            locked: Vec::new(),
            last: Arm::Baseline,
            scale: 1,
            count: 0,
        };
        for attempt in attempts {
            if case.locked_differs && attempt.mode == Mode::Locked {
                tried.locked.push(attempt.clone());
            } else {
                tried.take(case, attempt.clone());
            }
        }
        tried.count_tests();
        tried
    }

    fn take(&mut self, case: &Case, attempt: Attempt) {
        self.count += 1;
        self.last = attempt.arm;
        self.scale = self.scale.max(attempt.scale);
        let turns = match attempt.arm {
            Arm::Candidate => &mut self.candidate,
            Arm::Baseline => &mut self.baseline,
        };
        match turns.last_mut() {
            Some(turn) if turn.again(case).is_some() => {
                let repeated = turn.repeated || turn.is_silent();
                *turn = Turn { last: attempt, repeated };
            }
            _ => turns.push(Turn { last: attempt, repeated: false }),
        }
    }

    /// Turns a pass of the candidate into a failure where the baseline ran more tests: a suite that ends early exits
    /// with 0 too. What the baseline surely runs is the least that it ran in any pass.
    fn count_tests(&mut self) {
        let ran = |kind: Kind| {
            self.baseline
                .iter()
                .filter(move |turn| turn.last.outcome.kind() == kind)
                .filter_map(|turn| turn.last.tests.map(|tests| tests.ran))
        };
        let Some(expected) = ran(Kind::Passed).min().or(ran(Kind::Failed).max()) else { return };
        for turn in &mut self.candidate {
            let attempt = &mut turn.last;
            let Some(tests) = attempt.tests else { continue };
            if attempt.outcome == Outcome::Passed && tests.ran < expected {
                let note = format!("ran {} of the {expected} tests that the baseline ran", tests.ran);
                attempt.outcome = Outcome::FailedTest;
                attempt.step = Some(Step::Test);
                attempt.signature = Some(signature::digest(&signature::normalised(&note)));
                attempt.note = Some(note);
            }
        }
    }

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
        match first.outcome {
            Outcome::Passed => self.passed(case, first),
            Outcome::Skipped => done(Comparison::NotApplicable, first),
            Outcome::Infra | Outcome::NotInjected => done(Comparison::Unchecked, first),
            _ if case.expects_failure => done(Comparison::ExpectedFailure, first),
            _ => self.failed(case, first),
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
            Tests { .. } => None,
        });
        let Some(doubt) = doubt else { return done(pass(case, known.map(|known| known.outcome)), first) };
        let none_ran = first.tests.is_some_and(|tests| tests.ran == 0);
        match self.baseline.first().map(|turn| turn.last.outcome) {
            _ if !case.has_baseline => noted(Comparison::Unchecked, first, doubt),
            None => self.attempt(Arm::Baseline),
            Some(outcome) if outcome.kind() == Kind::Silent => noted(
                Comparison::Unchecked,
                first,
                format!("{doubt}, and the baseline could not be looked at"),
            ),
            Some(_) if none_ran => {
                noted(Comparison::Unchecked, first, format!("{doubt}, with either version"))
            }
            Some(outcome) => done(pass(case, Some(outcome)), first),
        }
    }

    /// The candidate failed. Is that news?
    fn failed(&self, case: &Case, first: &Attempt) -> Next {
        if case.known.as_ref().is_some_and(|known| exonerates(known, first)) {
            return alike(first);
        }
        if !case.has_baseline {
            return self.alone(first);
        }
        if let Some(silent) = self.baseline.iter().chain(&self.candidate).find(|turn| turn.is_silent()) {
            return noted(Comparison::Suspect, first, silence(&silent.last));
        }
        let mut relations = self.baseline.iter().map(|turn| Relation::of(first, &turn.last));
        match (relations.next(), relations.next()) {
            (None, _) | (Some(Relation::Otherwise), None) => self.attempt(Arm::Baseline),
            (Some(Relation::Alike), _) | (Some(Relation::Otherwise), Some(Relation::Alike)) => alike(first),
            (Some(Relation::Otherwise), Some(Relation::Otherwise)) => {
                noted(Comparison::FailingDifferently, first, self.difference(first))
            }
            (Some(Relation::Further(bar)), _) | (Some(Relation::Otherwise), Some(Relation::Further(bar))) => {
                self.pairs(case, bar)
            }
        }
    }

    /// There is no release to compare with: what fails twice is shown to a person.
    fn alone(&self, first: &Attempt) -> Next {
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
            std::cmp::Ordering::Less => return self.attempt(Arm::Candidate),
            std::cmp::Ordering::Greater => return self.attempt(Arm::Baseline),
            std::cmp::Ordering::Equal => case.rule.answer(candidate, baseline),
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

    /// Says in what the arms differ, where both fail.
    fn difference(&self, first: &Attempt) -> String {
        let baseline = &self.baseline[0].last;
        let step = |attempt: &Attempt| attempt.step.or(attempt.outcome.usual_step()).map_or("", Step::name);
        let failed = |attempt: &Attempt| attempt.tests.map_or(0, |tests| tests.failed);
        match reach(first).cmp(&reach(baseline)) {
            std::cmp::Ordering::Greater => {
                format!("fails in {}; with the baseline already in {}", step(first), step(baseline))
            }
            _ if baseline.signature == first.signature && failed(first) > failed(baseline) => format!(
                "{} fail; with the baseline {}",
                text::count(failed(first) as usize, "test"),
                failed(baseline)
            ),
            _ => match &baseline.error {
                Some(line) => format!("with the baseline: {}", text::short(line, 160)),
                None => format!("with the baseline: {}", baseline.outcome.name()),
            },
        }
    }

    /// The answer where attempts are used up.
    fn given_up(&self) -> Judgement {
        let note = format!("no answer after {}", text::count(self.count, "attempt"));
        let failure =
            self.candidate.iter().map(|turn| &turn.last).find(|attempt| attempt.outcome.is_failure());
        match (failure, self.candidate.first()) {
            (Some(failure), _) => judged(Comparison::Suspect, failure, Some(note)),
            (None, Some(turn)) => judged(Comparison::Unchecked, &turn.last, Some(note)),
            (None, None) => {
                let mut nothing = Attempt::new(Arm::Candidate, Mode::Fresh);
                nothing.outcome = Outcome::Infra;
                judged(Comparison::Unchecked, &nothing, Some(note))
            }
        }
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
        Kind::Failed | Kind::Passed | Kind::Silent => {
            candidate.outcome == baseline.outcome
                && candidate.signature == baseline.signature
                && failed(candidate) <= failed(baseline)
        }
    }
}

/// Tells whether the baseline is on record with the very same failure.
fn exonerates(known: &Known, first: &Attempt) -> bool {
    let failed = |tests: Option<Tests>| tests.map_or(0, |tests| tests.failed);
    known.signature.is_some()
        && known.signature == first.signature
        && known.outcome == first.outcome
        && known.step.or(known.outcome.usual_step()) == first.step.or(first.outcome.usual_step())
        && failed(first.tests) <= failed(known.tests)
}

fn tally(turns: &[Turn], bar: Reach) -> Tally {
    let mut tally = Tally::default();
    turns.iter().for_each(|turn| tally.add(reach(&turn.last) < bar));
    tally
}

/// Says how a pass compares.
fn pass(case: &Case, baseline: Option<Outcome>) -> Comparison {
    match baseline {
        _ if case.expects_failure => Comparison::UnexpectedPass,
        Some(outcome) if outcome.is_failure() => Comparison::Fixed,
        _ => Comparison::Ok,
    }
}

/// Both arms fail in the same way. Where both lack something, nothing was looked at.
fn alike(first: &Attempt) -> Next {
    let lack = match first.outcome {
        Outcome::Network => "wants a network, with either version",
        Outcome::NoSpace => "fills its disk, with either version",
        Outcome::Unprepared => "cannot be made ready, with either version",
        _ => return done(Comparison::StillFailing, first),
    };
    let note = first.note.clone().unwrap_or_else(|| lack.to_owned());
    noted(Comparison::Unchecked, first, note)
}

/// Says what could not be looked at.
fn silence(attempt: &Attempt) -> String {
    let arm = match attempt.arm {
        Arm::Candidate => "the candidate",
        Arm::Baseline => "the baseline",
    };
    let why = attempt.note.as_deref().unwrap_or(attempt.outcome.name());
    format!("{arm} could not be looked at: {}", text::short(why, 200))
}

/// Asks for the attempt that tells the cause of a regression, or adds what it told.
fn with_cause(judgement: Judgement, tried: &Tried) -> Next {
    let Some(locked) = tried.locked.last() else {
        return Next::Try { arm: Arm::Candidate, mode: Mode::Locked, scale: tried.scale };
    };
    let cause = match locked.outcome.kind() {
        Kind::Passed => "passes with its own pinned versions: another dependency is to blame",
        Kind::Failed | Kind::Starved => "fails with its own pinned versions too",
        Kind::Denied | Kind::Silent => "could not be tried with its own pinned versions",
    };
    let note = match judgement.note {
        Some(note) => format!("{note}; {cause}"),
        None => cause.to_owned(),
    };
    Next::Done(Judgement { note: Some(note), ..judgement })
}

fn done(comparison: Comparison, attempt: &Attempt) -> Next {
    let said = match attempt.outcome {
        Outcome::Passed if attempt.scale > 1 => Some("passes with twice its limits of time and memory"),
        Outcome::Infra => Some("the lab failed twice"),
        Outcome::NotInjected => Some("it is not proven that the candidate was built"),
        _ => None,
    };
    let note = attempt.note.clone().or(said.map(str::to_owned));
    Next::Done(judged(comparison, attempt, note))
}

fn noted(comparison: Comparison, attempt: &Attempt, note: String) -> Next {
    Next::Done(judged(comparison, attempt, Some(note)))
}

fn judged(comparison: Comparison, attempt: &Attempt, note: Option<String>) -> Judgement {
    let attempt = attempt.clone();
    Judgement {
        comparison,
        outcome: attempt.outcome,
        step: attempt.step.or(attempt.outcome.usual_step().filter(|_| attempt.outcome.is_failure())),
        signature: attempt.signature,
        error: attempt.error,
        proof: attempt.proof.filter(|_| attempt.outcome != Outcome::NotInjected),
        note,
    }
}
