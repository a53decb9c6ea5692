//! What a gate looks at, and what it answers.

use crate::facts::{CandidateFacts, Facts};
use crate::policy::Policy;
use crate::project::{Candidate, Project};
use crate::types::object_id::CommitId;
use crate::types::verdict::Verdict;
use jiff::Timestamp;
use serde::Serialize;

/// The shortest time for which a promotion must stay clear (promise P1).
pub const MARGIN: crate::Seconds = crate::Seconds(120);

/// What a gate looks at.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The candidate's version.
    pub version: crate::Version,
    /// The candidate's frozen policy.
    pub policy: &'a Policy,
    /// The policy on develop, which governs the calendar.
    pub calendar: Option<&'a Policy>,
    /// The whole record.
    pub project: &'a Project,
    /// The candidate's part of it.
    pub candidate: &'a Candidate,
    /// All that was observed.
    pub facts: &'a Facts,
    /// The candidate's part of it.
    pub seen: &'a CandidateFacts,
    /// The instant of judging.
    pub now: Timestamp,
}

impl Case<'_> {
    /// Gives the commit that evidence must be about: the head, or the rc where the branch is gone.
    pub fn commit(&self) -> &CommitId {
        self.seen.head.as_ref().unwrap_or_else(|| self.candidate.commit())
    }
}

/// Who or what clears a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The clock.
    Time,
    /// A machine.
    Machine,
    /// A person.
    Person,
}

/// What a gate found: the whole answer to "why not yet?".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Its answer.
    pub verdict: Verdict,
    /// One sentence.
    pub summary: String,
    /// Who or what clears it; meaningless where it is clear.
    pub kind: Kind,
    /// Who can act.
    pub actors: Vec<String>,
    /// Each thing that was judged.
    pub subjects: Vec<Subject>,
    /// When it clears by itself.
    pub clears_at: Option<Timestamp>,
    /// The next instant at which its answer can change by time alone.
    pub turns_at: Option<Timestamp>,
    /// What would clear it, as commands or acts.
    pub remedy: Vec<String>,
    /// Whether it takes a new commit, and so a new rc, to clear it.
    pub needs_commit: bool,
}

/// One thing that a gate looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Subject {
    /// Its name, as in `why GATE:NAME`.
    pub name: String,
    /// The group that it can be waived with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<String>,
    /// What the gate says of it.
    pub verdict: Verdict,
    /// One line.
    pub detail: String,
}

impl Finding {
    /// The gate passes.
    pub fn passed(summary: impl Into<String>) -> Self {
        Self {
            verdict: Verdict::Passed,
            summary: summary.into(),
            kind: Kind::Time,
            actors: Vec::new(),
            subjects: Vec::new(),
            clears_at: None,
            turns_at: None,
            remedy: Vec::new(),
            needs_commit: false,
        }
    }

    /// The gate has nothing to judge.
    pub fn not_applicable(summary: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotApplicable, ..Self::passed(summary) }
    }

    /// Time clears the gate.
    pub fn pending(summary: impl Into<String>, until: Option<Timestamp>) -> Self {
        Self { verdict: Verdict::Pending, clears_at: until, turns_at: until, ..Self::passed(summary) }
    }

    /// A person has to clear the gate.
    pub fn failed(summary: impl Into<String>, actors: Vec<String>, remedy: Vec<String>) -> Self {
        Self { verdict: Verdict::Failed, kind: Kind::Person, actors, remedy, ..Self::passed(summary) }
    }
}

pub(crate) fn earliest(instants: impl IntoIterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    instants.into_iter().flatten().min()
}
