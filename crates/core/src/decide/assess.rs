//! One assessment feeds `status`, `why`, the JSON, the forecast and the actor.

use crate::decide::promotion::Step;
use crate::decide::unfinished;
use crate::facts::{Facts, Landing};
use crate::gate::GATES;
use crate::gate::stops::{Stop, stops};
use crate::gate::{Case, Finding, Kind, earliest, waiver};
use crate::policy::Policy;
use crate::policy::schedule::{after_fix, next_open, next_slot, zone};
use crate::project::{Candidate, Project};
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
    /// The next step of its promotion, where that is begun and not over.
    pub unfinished: Option<Step>,
    /// What stops it beside the gates.
    pub stop: Option<Stop>,
    clear: Option<Clear>,
}

/// Proof that no gate blocks one commit. Only [`assess`] makes one, and what moves stable takes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clear {
    version: Version,
    commit: CommitId,
    at: Timestamp,
}

impl Clear {
    /// The version that may be released.
    pub fn version(&self) -> Version {
        self.version
    }

    /// The commit that may be released.
    pub fn commit(&self) -> &CommitId {
        &self.commit
    }

    /// When it was judged; it stays true for two minutes, by time at least.
    pub fn at(&self) -> Timestamp {
        self.at
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

    /// Tells whether its promotion is begun and not over.
    pub fn is_unfinished(&self) -> bool {
        self.unfinished.is_some() || self.state == State::Unknown
    }

    /// Lists the enforced gates that are not clear.
    pub fn blockers(&self) -> impl Iterator<Item = &GateReport> {
        self.gates.iter().filter(|g| g.enforced && !g.finding.verdict.is_clear())
    }
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
    // What another hand landed is judged as stable was before.
    let landing = facts.candidates.get(&version)?.landing.as_ref();
    let before = landing.map(|landing| before(facts, version, landing));
    let facts = before.as_ref().unwrap_or(facts);
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
    let clear = open().next().is_none().then(|| Clear { version, commit: commit.clone(), at: now });
    let unfinished = unfinished::step(candidate, seen, facts, clear.as_ref().map(Clear::commit));
    let stop = unfinished::stop(candidate, seen, facts, unfinished);
    let state = match unfinished {
        Some(Step::Stop(_)) => State::Blocked,
        Some(_) => State::Promoting,
        None if candidate.promoted.is_some() => State::Unknown,
        None if stop.is_some() => State::Blocked,
        None if clear.is_some() => State::Clear,
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
        unfinished,
        stop,
        clear,
        commit,
        gates,
        leaves_at,
        fix_by: fix_by(policy, candidate, now),
        next_change_at,
    })
}

/// Gives the facts as they were before another hand landed a candidate.
fn before(facts: &Facts, version: Version, landing: &Landing) -> Facts {
    let mut before = Facts { stable: Some(landing.base.clone()), ..facts.clone() };
    before.released.remove(&version);
    if let Some(seen) = before.candidates.get_mut(&version).filter(|_| !landing.foreign_tag) {
        seen.release_tag = None;
    }
    before
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
