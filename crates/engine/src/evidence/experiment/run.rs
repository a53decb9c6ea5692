//! Tries one downstream until enough is known of it: the candidate first, the baseline only where that fails, and
//! all of it on one worker, so that trouble of the machine hits both.

use super::cache::{Inputs, Memory, Question};
use super::lab::Lab;
use super::plan::reproduce_command;
use allclear_core::experiment::judge;
use allclear_core::experiment::judge::{Case, Judgement, Next};
use allclear_core::experiment::sequential::Sequential;
use allclear_core::experiment::{Arm, Attempt, Comparison, ExpectFailure, Job, Mode, Outcome, Row, Side};
use allclear_core::port::lab::Request;
use jiff::Timestamp;
use std::sync::mpsc::Sender;

/// One downstream to be looked at.
pub(super) struct Task {
    pub(super) job: Job,
    pub(super) memory: Memory,
    /// Whether it may be tried; else only what is known counts.
    pub(super) wanted: bool,
}

/// What a worker says of the task with this number.
pub(super) enum Message {
    Started(usize),
    Trying {
        n: usize,
        arm: Arm,
        mode: Mode,
        number: u32,
    },
    Attempted(usize, Box<Attempt>),
    /// What is to be said of it, and what is to be remembered where something was tried.
    Judged(usize, Box<Row>, Option<Box<Memory>>),
}

/// What is the same for all downstreams of an experiment.
pub(super) struct Conditions<'a> {
    pub(super) lab: &'a Lab<'a>,
    pub(super) candidate: &'a Side,
    pub(super) baseline: Option<&'a Side>,
    pub(super) rule: Sequential,
    pub(super) now: Timestamp,
    /// Whether what is not known to be well is tried anew.
    pub(super) rerun: bool,
}

impl Conditions<'_> {
    /// Looks at one downstream. A stop leaves it without a word.
    pub(super) fn try_one(&self, n: usize, task: &Task, say: &Sender<Message>) {
        let job = &task.job;
        let forgotten = self.rerun && task.wanted && !task.memory.is_ok();
        let question = self.question(job);
        if !forgotten && let Some(row) = question.as_ref().and_then(|to| self.known(task, to)) {
            tell(say, Message::Judged(n, Box::new(row), None));
            return;
        }
        if !task.wanted {
            return;
        }
        tell(say, Message::Started(n));
        let old = if forgotten { Memory::default() } else { task.memory.clone() };
        let Some((judgement, attempts)) = self.tried(n, job, &old, say) else { return };
        let row = self.row(job, judgement, attempts);
        let mut memory = old;
        let baseline_key = row
            .attempts
            .iter()
            .any(|a| a.arm == Arm::Baseline)
            .then(|| self.lab.executor.key(job, self.baseline?, job.mode()))
            .flatten();
        memory.learn(question, baseline_key, &row);
        memory.note(&self.candidate.commit, row.comparison);
        memory.last = Some(Inputs {
            job: job.clone(),
            candidate: self.candidate.clone(),
            baseline: self.baseline.cloned(),
        });
        tell(say, Message::Judged(n, Box::new(row), Some(Box::new(memory))));
    }

    fn question(&self, job: &Job) -> Option<Question> {
        Some(Question {
            key: self.lab.executor.key(job, self.candidate, job.mode())?,
            version: self.candidate.version,
            baseline: self.baseline.cloned(),
            expects_failure: self.expectation(job).is_some(),
        })
    }

    /// Gives the failure that is expected, as long as it is.
    fn expectation<'j>(&self, job: &'j Job) -> Option<&'j ExpectFailure> {
        job.recipe.expect_failure.as_ref().filter(|expected| self.now < expected.until)
    }

    fn known(&self, task: &Task, to: &Question) -> Option<Row> {
        let job = &task.job;
        let request = request(job, self.candidate, Arm::Candidate, job.mode());
        let row = task.memory.answer(to, || self.lab.executor.closure(&request))?;
        // What the policy says of it today may be other than it was, and no part of the key.
        Some(Row {
            name: job.name.clone(),
            project: job.repo.clone(),
            commit: job.commit.clone(),
            tag: job.tag.clone(),
            tier: job.tier(),
            repro: reproduce_command(&job.name),
            known: true,
            ..row.clone()
        })
    }

    /// Tries until the judge has seen enough; `None` where everything was stopped.
    fn tried(
        &self,
        n: usize,
        job: &Job,
        memory: &Memory,
        say: &Sender<Message>,
    ) -> Option<(Judgement, Vec<Attempt>)> {
        let mut case = Case {
            rule: self.rule,
            expects_failure: self.expectation(job).is_some(),
            has_baseline: self.baseline.is_some(),
            known: self.known_baseline(job, memory),
            locked_differs: false,
        };
        let mut attempts: Vec<Attempt> = Vec::new();
        loop {
            match judge::next(&case, &attempts) {
                Next::Done(judgement) => return Some((judgement, attempts)),
                Next::Try { arm, mode, scale } => {
                    let side = match arm {
                        Arm::Candidate => self.candidate,
                        Arm::Baseline => self.baseline?,
                    };
                    // The judge says `fresh` for the mode that decides.
                    let mode = if mode == Mode::Fresh { job.mode() } else { mode };
                    let number = 1 + attempts.iter().filter(|a| a.arm == arm).count() as u32;
                    tell(say, Message::Trying { n, arm, mode, number });
                    let request = Request { scale, number, ..request(job, side, arm, mode) };
                    let attempt = self.lab.executor.attempt(&request);
                    // What was ended by a stop has no outcome that counts.
                    if self.lab.is_stopped() {
                        return None;
                    }
                    if attempts.is_empty() && attempt.outcome != Outcome::Passed {
                        case.locked_differs = self.locked_differs(&request, &attempt);
                    }
                    tell(say, Message::Attempted(n, Box::new(attempt.clone())));
                    attempts.push(attempt);
                }
            }
        }
    }

    /// Tells whether its own pinned versions are others than those it was tried with.
    fn locked_differs(&self, request: &Request<'_>, attempt: &Attempt) -> bool {
        let locked = Request { mode: Mode::Locked, ..*request };
        request.mode == Mode::Fresh
            && attempt.closure.is_some()
            && self.lab.executor.closure(&locked).is_some_and(|closure| Some(closure) != attempt.closure)
    }

    fn known_baseline(&self, job: &Job, memory: &Memory) -> Option<judge::Known> {
        let side = self.baseline.filter(|_| memory.has_ends())?;
        let key = self.lab.executor.key(job, side, job.mode())?;
        let request = request(job, side, Arm::Baseline, job.mode());
        memory.end(&key, || self.lab.executor.closure(&request))
    }

    fn row(&self, job: &Job, judgement: Judgement, attempts: Vec<Attempt>) -> Row {
        let Judgement { comparison, outcome, step, signature, error, proof, note } = judgement;
        let note = match &job.recipe.expect_failure {
            Some(expected) if expected.until <= self.now => {
                let over = format!(
                    "that it is expected to fail ({}) ended {}",
                    allclear_core::types::text::short(&expected.reason, 80),
                    expected.until.strftime("%Y-%m-%d")
                );
                Some(note.map_or_else(|| over.clone(), |note| format!("{note}; {over}")))
            }
            Some(_) | None => note,
        };
        Row {
            name: job.name.clone(),
            project: job.repo.clone(),
            commit: job.commit.clone(),
            tag: job.tag.clone(),
            mode: job.mode(),
            tier: job.tier(),
            comparison,
            outcome,
            step,
            proof,
            attempts,
            signature,
            error,
            note,
            repro: reproduce_command(&job.name),
            known: false,
        }
    }
}

/// Asks for a first attempt, with the usual limits.
fn request<'j>(job: &'j Job, side: &'j Side, arm: Arm, mode: Mode) -> Request<'j> {
    Request { job, side, arm, mode, scale: 1, number: 1 }
}

/// Nobody listens any more where everything is being stopped.
fn tell(say: &Sender<Message>, message: Message) {
    let _heard = say.send(message);
}

/// Orders rows by how much they ask of people.
pub(super) fn worst_first(rows: &mut [Row]) {
    rows.sort_by(|a, b| rank(a).cmp(&rank(b)));
}

fn rank(row: &Row) -> (Comparison, allclear_core::experiment::Tier, &str) {
    (row.comparison, row.tier, &row.name)
}
