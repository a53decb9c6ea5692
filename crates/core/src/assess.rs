//! One assessment feeds `status`, `why`, the JSON, the forecast and the actor.

use crate::duration::Seconds;
use crate::facts::Facts;
use crate::gate::{Case, Finding, GATES, Gate, Kind, earliest};
use crate::id::CommitId;
use crate::ledger::TOLERANCE;
use crate::policy::{AfterFix, Hours, Policy};
use crate::project::{Candidate, Project};
use crate::promotion::{Standing, standing};
use crate::verdict::Verdict;
use crate::version::Version;
use jiff::{Timestamp, ToSpan, tz::TimeZone};
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

/// Something that stops all deciding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// One sentence.
    pub why: String,
    /// Who or what clears it.
    pub kind: Kind,
    /// When it clears by itself.
    pub clears_at: Option<Timestamp>,
    /// The next instant at which this can change by time alone.
    pub turns_at: Option<Timestamp>,
    /// What would clear it.
    pub remedy: Vec<String>,
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
    /// Tells whether nothing but the branches themselves stands in the way: what a half-applied promotion
    /// has disturbed is not held against it.
    pub fn evidence_is_clear(&self) -> bool {
        self.blockers().all(|b| is_structural(b.gate))
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
        crate::train::next_slot(train, &zone(p), now).map(|(_, at)| at)
    });
    let stops = stops(project, facts, now);
    let next_change_at = earliest(
        candidates.iter().map(|c| c.next_change_at).chain([next_cut]).chain(stops.iter().map(|s| s.turns_at)),
    );
    Assessment { now, stops, candidates, next_cut, next_change_at }
}

/// Gives the project's time zone; UTC where its name is not known here.
pub fn zone(policy: &Policy) -> TimeZone {
    crate::policy::zone(&policy.time_zone).unwrap_or(TimeZone::UTC)
}

/// Lists what stops all deciding: a record that cannot be read, believed, or that was cut short.
pub fn stops(project: &Project, facts: &Facts, now: Timestamp) -> Vec<Stop> {
    let mut stops = Vec::new();
    let person = |why: String, remedy: Vec<String>| Stop {
        why,
        kind: Kind::Person,
        clears_at: None,
        turns_at: None,
        remedy,
    };
    if let Some(rewound) = &facts.record.rewound {
        let elsewhere =
            "put the lost entries back from a machine that has seen them: allclear status there says how";
        let remedy = rewound.restore.clone().unwrap_or_else(|| elsewhere.into());
        stops.push(person(format!("the record was cut short: {}", rewound.why), vec![remedy]));
    }
    let place = facts.record.place.as_ref().map(crate::RefName::as_str);
    if let Some(to) = project.moved_to.as_deref().filter(|to| place != Some(to)) {
        stops.push(person(
            format!("the record goes on at {}", crate::text::short(to, 80)),
            vec!["a maintainer deletes the old place once everybody reads the new one".into()],
        ));
    }
    if let Some(second) = &facts.record.second {
        stops.push(person(
            format!("there is a second ledger at {second}"),
            vec!["delete the wrong one".into()],
        ));
    }
    if project.needs > crate::RULES {
        stops.push(person(
            format!(
                "the record needs a newer allclear (rules {}, this one has {})",
                project.needs,
                crate::RULES
            ),
            vec!["install the newer version".into()],
        ));
    }
    for trouble in &project.troubles {
        stops.push(person(
            format!("entry {} cannot be used: {}", trouble.entry.short(), trouble.what),
            vec![format!("allclear strike {} --reason TEXT", trouble.entry)],
        ));
    }
    if let Some((entry, claimed)) = project.latest_claim.as_ref().filter(|(_, at)| *at > TOLERANCE.after(now))
    {
        let ahead = Seconds::between(now, *claimed);
        let far = ahead > Seconds::DAY;
        let clears = TOLERANCE.before(*claimed);
        stops.push(Stop {
            why: format!("entry {} is dated {claimed}, {ahead} ahead of this clock", entry.short()),
            kind: if far { Kind::Person } else { Kind::Time },
            clears_at: Some(clears),
            turns_at: Some(if far { Seconds::DAY.before(*claimed) } else { clears }),
            remedy: vec![
                "check this machine's clock (date -u)".into(),
                format!("if it is right: allclear strike {entry} --reason TEXT"),
            ],
        });
    }
    stops
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
        .map(|(gate, _, judge, enforced)| GateReport {
            gate: *gate,
            enforced: enforced(&policy.gates),
            finding: crate::waiver::apply(&case, *gate, judge(&case)),
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
    let state = match &candidate.operation {
        Some(flight) if !facts.flights.contains_key(&flight.plan.id) => State::Unknown,
        // It landed in part and the rest cannot follow.
        Some(flight)
            if facts
                .flights
                .get(&flight.plan.id)
                .is_some_and(|s| matches!(standing(*s), Standing::Stuck(_))) =>
        {
            State::Blocked
        }
        Some(_) => State::Promoting,
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
        commit: case.commit().clone(),
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

pub(crate) fn after_fix(policy: &Policy) -> Seconds {
    match policy.gates.soak.after_fix {
        AfterFix::Serve(length) => length,
        AfterFix::Restart => policy.gates.soak.length,
    }
}

/// The last moment at which a new rc still serves its clock before the whole soak is over.
fn fix_by(policy: &Policy, candidate: &Candidate, now: Timestamp) -> Option<Timestamp> {
    let ends = policy.gates.soak.length.after(candidate.cut_at);
    Some(after_fix(policy).before(ends)).filter(|by| *by > now && *by > candidate.cut_at)
}

/// Tells whether automatic promotion may happen at `now`.
pub fn is_open(hours: &Hours, zone: &TimeZone, now: Timestamp) -> bool {
    let local = now.to_zoned(zone.clone());
    let day = local.weekday().to_monday_zero_offset() as usize;
    let minute = local.hour() as u16 * 60 + local.minute() as u16;
    hours.days[day] && (hours.from_minute..hours.until_minute).contains(&minute)
}

/// Gives the first instant from `from` on at which automatic promotion may happen; `None` where no
/// day of the week has any hour.
pub fn next_open(hours: &Hours, zone: &TimeZone, from: Timestamp) -> Option<Timestamp> {
    if is_open(hours, zone, from) {
        return Some(from);
    }
    let start = from.to_zoned(zone.clone());
    (0..=8).find_map(|days| {
        let date = start.date().checked_add(days.days()).ok()?;
        let (hour, minute) = ((hours.from_minute / 60) as i8, (hours.from_minute % 60) as i8);
        let opens = date.at(hour, minute, 0, 0).to_zoned(zone.clone()).ok()?.timestamp();
        (opens >= from && is_open(hours, zone, opens)).then_some(opens)
    })
}
