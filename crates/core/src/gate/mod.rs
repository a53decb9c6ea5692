//! The gates: one file each, all of one shape, one line each in [`GATES`].

mod approvals;
mod checks;
mod clock;
mod contains_stable;
mod downstream;
mod fixes;
mod freeze;
mod hold;
mod merge_back;
mod reports;
mod soak;
mod version;

use crate::facts::{CandidateFacts, Facts};
use crate::id::CommitId;
use crate::policy::{Gates, Policy};
use crate::project::{Candidate, Project};
use crate::verdict::Verdict;
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

/// A gate's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Fixes only.
    Fixes,
    /// Two clocks.
    Soak,
    /// Results that others recorded.
    Checks,
    /// What depends on the project, built and run.
    Downstream,
    /// The trial merge into develop.
    MergeBack,
    /// The candidate contains stable.
    ContainsStable,
    /// Version, branch and tags are as recorded.
    Version,
    /// What users said of the candidate.
    Reports,
    /// People who approve.
    Approvals,
    /// A person's stop.
    Hold,
    /// The calendar's stop.
    Freeze,
    /// The record can be believed.
    Clock,
}

type Judge = fn(&Case<'_>) -> Finding;
type Enforced = fn(&Gates) -> bool;

/// All gates, in the order in which people read them.
pub const GATES: &[(Gate, &str, Judge, Enforced)] = &[
    (Gate::Fixes, "fixes", fixes::judge, |g| g.fixes.enforce),
    (Gate::Soak, "soak", soak::judge, |g| g.soak.enforce),
    (Gate::Checks, "checks", checks::judge, |g| g.checks.enforce),
    (Gate::Downstream, "downstream", downstream::judge, |g| g.downstream.enforce),
    (Gate::MergeBack, "merge-back", merge_back::judge, |g| g.merge_back.enforce),
    (Gate::ContainsStable, "contains-stable", contains_stable::judge, |g| g.contains_stable.enforce),
    (Gate::Version, "version", version::judge, |g| g.version.enforce),
    (Gate::Reports, "reports", reports::judge, |g| g.reports.enforce),
    (Gate::Approvals, "approvals", approvals::judge, |g| g.approvals.enforce),
    (Gate::Hold, "hold", hold::judge, |g| g.hold.enforce),
    (Gate::Freeze, "freeze", freeze::judge, |g| g.freeze.enforce),
    (Gate::Clock, "clock", clock::judge, |g| g.clock.enforce),
];

impl Gate {
    /// Finds a gate by the name that people type.
    pub fn find(name: &str) -> Option<Self> {
        GATES.iter().find(|(_, known, ..)| *known == name).map(|(gate, ..)| *gate)
    }

    /// Tells whether a person can set it aside: not what says that a promotion can be made at all, and
    /// not what a person can lift or strike.
    pub fn is_waivable(self) -> bool {
        match self {
            Self::Fixes
            | Self::Soak
            | Self::Checks
            | Self::Downstream
            | Self::Reports
            | Self::Approvals
            | Self::Freeze => true,
            Self::MergeBack | Self::ContainsStable | Self::Version | Self::Hold | Self::Clock => false,
        }
    }

    /// Names the gates that a person can set aside.
    pub fn waivable() -> impl Iterator<Item = &'static str> {
        GATES.iter().filter(|(gate, ..)| gate.is_waivable()).map(|(_, name, ..)| *name)
    }

    /// Gives the name that people type.
    pub fn name(self) -> &'static str {
        GATES.iter().find(|(gate, ..)| *gate == self).map_or("", |(_, name, ..)| name)
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
    /// Who or what clears it; of no meaning where it is clear.
    pub kind: Kind,
    /// Who can act.
    pub actors: Vec<String>,
    /// Each thing that is wrong, or each that was looked at.
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
    /// The group that it can be set aside with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub also: Option<String>,
    /// What the gate says of it.
    pub verdict: Verdict,
    /// One line.
    pub detail: String,
}

impl Finding {
    /// Says that all is well.
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

    /// Says that there is nothing to judge.
    pub fn not_applicable(summary: impl Into<String>) -> Self {
        Self { verdict: Verdict::NotApplicable, ..Self::passed(summary) }
    }

    /// Says that time clears it.
    pub fn pending(summary: impl Into<String>, until: Option<Timestamp>) -> Self {
        Self { verdict: Verdict::Pending, clears_at: until, turns_at: until, ..Self::passed(summary) }
    }

    /// Says that a person is needed.
    pub fn failed(summary: impl Into<String>, actors: Vec<String>, remedy: Vec<String>) -> Self {
        Self { verdict: Verdict::Failed, kind: Kind::Person, actors, remedy, ..Self::passed(summary) }
    }
}

/// Gives the earliest of some instants.
pub(crate) fn earliest(instants: impl IntoIterator<Item = Option<Timestamp>>) -> Option<Timestamp> {
    instants.into_iter().flatten().min()
}
