//! Attempts in order, and what their outcomes mean.

use super::case::Case;
use crate::experiment::{Arm, Attempt, Mode, Outcome, Step, signature};

/// What an outcome means for the comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It did what it should.
    Passed,
    /// It failed, and a line says why.
    Failed,
    /// It hit a limit that may be too narrow, or a busy machine.
    Starved,
    /// It needs what the lab does not have. With both arms that is no failure.
    Denied,
    /// The lab failed, which says nothing of the version.
    Lost,
    /// Another version was built.
    Foreign,
    /// It does not use the project.
    Absent,
}

impl Outcome {
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Passed => Kind::Passed,
            Self::FailedBuild | Self::FailedTest | Self::FailedRun => Kind::Failed,
            Self::TimedOut | Self::OutOfMemory => Kind::Starved,
            Self::NoSpace | Self::Network | Self::Unprepared => Kind::Denied,
            Self::Infra => Kind::Lost,
            Self::NotInjected => Kind::Foreign,
            Self::Skipped => Kind::Absent,
        }
    }

    /// Tells whether the version was looked at, and something is wrong.
    pub(super) fn is_failure(self) -> bool {
        matches!(self.kind(), Kind::Failed | Kind::Starved | Kind::Denied)
    }

    /// Tells whether nothing can be said of the version.
    pub(super) fn is_silent(self) -> bool {
        matches!(self.kind(), Kind::Lost | Kind::Foreign | Kind::Absent)
    }

    /// Gives the step of an outcome that names none.
    pub(super) fn usual_step(self) -> Option<Step> {
        match self {
            Self::Passed | Self::Infra | Self::NotInjected | Self::Skipped => None,
            Self::Unprepared => Some(Step::Prepare),
            Self::FailedBuild => Some(Step::Build),
            Self::FailedTest => Some(Step::Test),
            Self::FailedRun | Self::TimedOut | Self::OutOfMemory | Self::NoSpace | Self::Network => {
                Some(Step::Run)
            }
        }
    }
}

/// How far an attempt got: its step, and beyond all steps where it passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reach {
    Fell(Step),
    Through,
}

pub(super) fn reach(attempt: &Attempt) -> Reach {
    place(attempt).map_or(Reach::Through, Reach::Fell)
}

/// Gives the step that an attempt ended in; `None` where it passed.
pub(super) fn place(attempt: &Attempt) -> Option<Step> {
    attempt.step.filter(|_| attempt.outcome != Outcome::Passed).or(attempt.outcome.usual_step())
}

/// One place in the order of attempts: an attempt, repeated where it said nothing.
#[derive(Debug, Clone)]
pub(super) struct Turn {
    pub(super) last: Attempt,
    /// Whether an attempt that said nothing came before.
    repeated: bool,
}

impl Turn {
    /// Gives the scale at which it is to be repeated; `None` where it counts as it is.
    pub(super) fn again(&self, case: &Case) -> Option<u32> {
        let Attempt { arm, outcome, scale, .. } = self.last;
        let (when, at) = match outcome.kind() {
            Kind::Lost => (!self.repeated, scale),
            Kind::Foreign => (!self.repeated && arm == Arm::Baseline, scale),
            Kind::Starved => (scale < 2 && !case.expects_failure, 2),
            Kind::Passed | Kind::Failed | Kind::Denied | Kind::Absent => return None,
        };
        when.then_some(at)
    }
}

pub(super) struct Turns {
    pub(super) candidate: Vec<Turn>,
    pub(super) baseline: Vec<Turn>,
    /// Those with the pinned versions, which only tell the cause.
    pub(super) locked: Vec<Attempt>,
    pub(super) last: Arm,
    /// The scale of what comes: both arms are compared with the same limits.
    pub(super) scale: u32,
    /// How many attempts there were, those for the cause left out.
    pub(super) count: usize,
}

impl Turns {
    pub(super) fn of(case: &Case, attempts: &[Attempt]) -> Self {
        let mut turns = Self {
            candidate: Vec::new(),
            baseline: Vec::new(),
            locked: Vec::new(),
            last: Arm::Baseline,
            scale: 1,
            count: 0,
        };
        for attempt in attempts {
            if case.locked_differs && attempt.mode == Mode::Locked {
                turns.locked.push(attempt.clone());
            } else {
                turns.take(case, attempt.clone());
            }
        }
        turns.count_tests();
        turns
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
                let repeated = turn.repeated || turn.last.outcome.is_silent();
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
}
