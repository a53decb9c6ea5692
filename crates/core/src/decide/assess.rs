//! One assessment feeds `status`, `why`, the JSON, the forecast and the actor.

use crate::decide::promotion::{Standing, Step, next, standing};
use crate::facts::{Facts, Sight};
use crate::gate::GATES;
use crate::gate::stops::{Stop, stops};
use crate::gate::{Case, Finding, Kind, earliest, waiver};
use crate::ledger::event::Operation;
use crate::policy::Policy;
use crate::policy::schedule::{after_fix, next_open, next_slot, zone};
use crate::project::{Candidate, Flight, Project};
use crate::types::gate::Gate;
use crate::types::object_id::CommitId;
use crate::types::verdict::Verdict;
use crate::types::version::Version;
use jiff::Timestamp;
use serde::Serialize;

/// What is true of a project now.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessment {
    /// The instant it is about.
    pub now: Timestamp,
    /// What stops all deciding, such as an entry that cannot be read.
    pub stops: Vec<Stop>,
    /// The open candidates, lowest version first.
    pub candidates: Vec<CandidateAssessment>,
    /// The next slot of the train.
    pub next_cut: Option<Timestamp>,
    /// The next instant at which any of this can change by time alone.
    pub next_change_at: Option<Timestamp>,
}

/// Where a candidate is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// What is not clear clears by time or machines.
    Waiting,
    /// Some of what is not clear needs a person.
    Blocked,
    /// Nothing stands in the way.
    Clear,
    /// A promotion is in flight.
    Promoting,
    /// A promotion is in flight, and the server does not answer.
    Unknown,
}

/// What is true of one candidate now.
#[derive(Debug, Clone, PartialEq)]
pub struct CandidateAssessment {
    /// Its version.
    pub version: Version,
    /// Where it is in its life.
    pub state: State,
    /// The worst verdict of its enforced gates.
    pub verdict: Verdict,
    /// The commit that this is about: the branch's head.
    pub commit: CommitId,
    /// All gates.
    pub gates: Vec<GateReport>,
    /// When it leaves, if those who are needed act in time.
    pub leaves_at: Option<Timestamp>,
    /// The last moment at which a new rc does not delay that.
    pub fix_by: Option<Timestamp>,
    /// The next instant at which this can change by time alone.
    pub next_change_at: Option<Timestamp>,
    /// Proof for a promotion that has moved nothing: no gate blocks.
    clear: Option<Clear>,
    /// Proof for a promotion that landed in part: no gate blocks but those about the branches, which it has disturbed.
    evidence_clear: Option<Clear>,
}

/// Proof that no gate blocks one commit. Only [`assess`] makes one, and what moves the refs of a release takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clear {
    commit: CommitId,
}

impl Clear {
    /// The commit that may be released.
    pub fn commit(&self) -> &CommitId {
        &self.commit
    }
}

/// A gate and what it found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GateReport {
    /// Which.
    pub gate: Gate,
    /// Whether it counts.
    pub enforced: bool,
    /// What it found.
    pub finding: Finding,
}

impl CandidateAssessment {
    /// Gives the proof that it may be promoted now; `None` while a gate blocks.
    pub fn clear(&self) -> Option<&Clear> {
        self.clear.as_ref()
    }

    /// Gives the proof that a promotion in flight may go on; `None` while a gate blocks, or where the candidate's
    /// branch is no longer at the commit that was planned. One that landed in part goes by its evidence alone.
    pub fn clear_to_finish(&self, operation: &Operation, standing: Standing) -> Option<&Clear> {
        let (clear, evidence) = (self.clear.as_ref(), self.evidence_clear.as_ref());
        clear_to_finish(clear, evidence, operation, standing)
    }

    /// Lists the enforced gates that are not clear.
    pub fn blockers(&self) -> impl Iterator<Item = &GateReport> {
        self.gates.iter().filter(|g| g.enforced && !g.finding.verdict.is_clear())
    }
}

fn clear_to_finish<'a>(
    clear: Option<&'a Clear>,
    evidence: Option<&'a Clear>,
    operation: &Operation,
    standing: Standing,
) -> Option<&'a Clear> {
    let wanted = match standing {
        Standing::Committed { .. } => evidence,
        Standing::Done { .. } | Standing::Stuck(_) | Standing::NotApplied | Standing::Overtaken(_) => clear,
    };
    wanted.filter(|clear| clear.commit == operation.commit)
}

/// Assesses a project. Pure: the same input gives the same answer, on every machine.
pub fn assess(policy: Option<&Policy>, project: &Project, facts: &Facts, now: Timestamp) -> Assessment {
    let candidates: Vec<_> = project
        .candidates
        .iter()
        .filter_map(|(version, candidate)| judge(policy, *version, candidate, project, facts, now))
        .collect();
    let next_cut = policy.and_then(|p| {
        let train = p.train.as_ref()?;
        next_slot(train, &zone(p), now).map(|(_, at)| at)
    });
    let stops = stops(project, facts, now);
    let next_change_at = earliest(
        candidates.iter().map(|c| c.next_change_at).chain([next_cut]).chain(stops.iter().map(|s| s.turns_at)),
    );
    Assessment { now, stops, candidates, next_cut, next_change_at }
}

fn judge(
    calendar: Option<&Policy>,
    version: Version,
    candidate: &Candidate,
    project: &Project,
    facts: &Facts,
    now: Timestamp,
) -> Option<CandidateAssessment> {
    let policy = &candidate.cut.policy;
    let seen = facts.candidates.get(&version)?;
    let case = Case { version, policy, calendar, project, candidate, facts, seen, now };
    let gates: Vec<GateReport> = GATES
        .iter()
        .map(|(gate, judge, enforced)| GateReport {
            gate: *gate,
            enforced: enforced(&policy.gates),
            finding: waiver::apply(&case, *gate, judge(&case)),
        })
        // No policy makes a promotion possible that cannot be made.
        .map(|g| GateReport {
            enforced: g.enforced || (is_structural(g.gate) && !g.finding.verdict.is_clear()),
            ..g
        })
        .collect();
    let open = || gates.iter().filter(|g| g.enforced && !g.finding.verdict.is_clear());
    let verdict =
        gates.iter().filter(|g| g.enforced).map(|g| g.finding.verdict).max().unwrap_or(Verdict::Passed);
    let commit = case.commit().clone();
    let proof = |blocked: bool| (!blocked).then(|| Clear { commit: commit.clone() });
    let (clear, evidence_clear) =
        (proof(open().next().is_some()), proof(open().any(|g| !is_structural(g.gate))));
    let step = |flight: &Flight, sight: &Sight| {
        let standing = standing(*sight);
        let clear = clear_to_finish(clear.as_ref(), evidence_clear.as_ref(), &flight.plan, standing);
        next(flight.phase, standing, clear.is_some())
    };
    let state = match &candidate.operation {
        Some(flight) => match facts.flights.get(&flight.plan.id).map(|sight| step(flight, sight)) {
            None => State::Unknown,
            // It landed in part, and only a person can free the way for the rest.
            Some(Step::Stop(_)) => State::Blocked,
            Some(Step::Confirm { .. } | Step::Continue(_) | Step::Move | Step::Fence | Step::Abort(_)) => {
                State::Promoting
            }
        },
        None if open().next().is_none() => State::Clear,
        None if open().any(|g| g.finding.kind == Kind::Person) => State::Blocked,
        None => State::Waiting,
    };
    let needs_commit = open().any(|g| g.finding.needs_commit);
    let by_time = open().filter_map(|g| g.finding.clears_at).max().unwrap_or(now).max(now);
    let with_fix = if needs_commit { after_fix(policy).after(now) } else { now };
    let ready = by_time.max(with_fix);
    let automatic = policy.promotion.automatic && candidate.requested.is_none();
    let leaves_at = match &policy.promotion.hours {
        Some(hours) if automatic => next_open(hours, &zone(policy), ready),
        Some(_) | None => Some(ready),
    };
    let hours_turn =
        policy.promotion.hours.as_ref().and_then(|h| next_open(h, &zone(policy), now)).filter(|t| *t > now);
    let next_change_at = earliest(
        gates
            .iter()
            .map(|g| g.finding.turns_at)
            .chain([hours_turn.filter(|_| state == State::Clear)])
            .map(|t| t.filter(|t| *t > now)),
    );
    Some(CandidateAssessment {
        version,
        state,
        verdict,
        clear,
        evidence_clear,
        commit,
        gates,
        leaves_at,
        fix_by: fix_by(policy, candidate, now),
        next_change_at,
    })
}

/// Tells whether a gate says that a promotion can be made at all.
fn is_structural(gate: Gate) -> bool {
    matches!(gate, Gate::Version | Gate::ContainsStable | Gate::MergeBack)
}

/// The last moment at which a new rc still serves its clock before the whole soak is over.
fn fix_by(policy: &Policy, candidate: &Candidate, now: Timestamp) -> Option<Timestamp> {
    let ends = policy.gates.soak.length.after(candidate.cut_at);
    Some(after_fix(policy).before(ends)).filter(|by| *by > now && *by > candidate.cut_at)
}
