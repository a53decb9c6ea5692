//! `allclear.status/1`: the assessment as programs see it. People's screens are drawn from the same
//! values.

use crate::place::Place;
use allclear_core::decide::after;
use allclear_core::decide::assess::{CandidateAssessment, GateReport, State};
use allclear_core::gate::Kind;
use allclear_core::project::{Candidate, Release};
use allclear_core::types::verdict::Verdict;
use allclear_core::{Assessment, Version};
use allclear_engine::{PolicySeen, Snapshot};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Gives the whole status.
pub(crate) fn status(place: &Place, seen: &Snapshot, assessment: &Assessment) -> Value {
    let mode = seen.policy.get().map(|p| p.mode);
    json!({
        "schema": "allclear.status/1",
        "project": place.name(seen),
        "mode": mode,
        "policy": match &seen.policy { PolicySeen::Read { .. } => "ok", PolicySeen::Wrong { .. } => "wrong", PolicySeen::Absent => "absent" },
        "observed_at": seen.facts.observed_at,
        "now": assessment.now,
        "record": record(place, seen, assessment),
        "next_cut": assessment.next_cut,
        "next_change_at": assessment.next_change_at,
        "releases": releases(seen, assessment.now),
        "candidates": assessment.candidates.iter().map(|c| candidate(c, &seen.project.candidates[&c.version], seen)).collect::<Vec<_>>(),
        "withdrawn": withdrawn(seen),
        "drift": seen.facts.drift,
        "strangers": seen.facts.strangers,
        "traps": seen.facts.traps,
    })
}

fn record(place: &Place, seen: &Snapshot, assessment: &Assessment) -> Value {
    json!({
        "place": seen.facts.record.place,
        "root": seen.project.root,
        "head": seen.project.head,
        "entries": seen.project.entries,
        "level": if seen.facts.record.signer.is_some() { "recorded" } else { "claimed" },
        "signer": seen.facts.record.signer,
        "protection": protection(place, seen).unwrap_or("not probed"),
        "intact": seen.facts.record.rewound.is_none(),
        "stops": assessment.stops.iter().map(|s| json!({"why": s.why, "remedy": s.remedy, "clears_at": s.clears_at})).collect::<Vec<_>>(),
    })
}

/// Says whether the server keeps the record from being rewound, as the last probe of this machine found out.
pub(crate) fn protection(place: &Place, seen: &Snapshot) -> Option<&'static str> {
    let protected = place.engine().protects(seen.facts.record.place.as_ref()?)?;
    Some(if protected { "protected" } else { "unprotected (a rewind is detected, not prevented)" })
}

/// What was released, newest first: through this ledger, and the last one before it.
fn releases(seen: &Snapshot, now: Timestamp) -> Vec<Value> {
    let recorded = seen.project.releases.iter().rev().map(|(version, r)| {
        json!({"version": version, "tag": r.tag, "commit": r.stable, "candidate": r.commit, "at": r.at, "cut_at": r.cut_at, "operation": r.operation,
               "state": word_of(r), "steps": steps(r, now)})
    });
    let older = seen.facts.released.iter().rev().find(|(v, _)| !seen.project.releases.contains_key(v));
    let older = older.map(|(version, commit)| json!({"version": version, "tag": seen.facts.tags.release(*version), "commit": commit, "at": null, "state": "released", "steps": []}));
    recorded.chain(older).collect()
}

/// What was withdrawn, newest version first, with the fixes that develop still lacks.
fn withdrawn(seen: &Snapshot) -> Vec<Value> {
    let offered = |version| {
        let fixes = seen.facts.offers.iter().filter(move |o| o.version == version).flat_map(|o| &o.fixes);
        fixes.map(|(commit, subject)| json!({"commit": commit, "subject": subject})).collect::<Vec<_>>()
    };
    let each = seen.project.withdrawn.iter().rev().map(|(version, w)| {
        json!({
            "version": version, "kind": w.kind, "at": w.at, "by": w.by, "reason": w.reason, "head": w.head,
            "archives": w.archives, "not_on_develop": offered(*version),
        })
    });
    each.collect()
}

/// Gives the word for a release, as programs see it.
pub(crate) fn word_of(release: &Release) -> &'static str {
    match (release.after.len(), after::done(release)) {
        (0, _) => "released",
        (all, done) if done == all => "published",
        _ => "publishing",
    }
}

/// Gives the after-steps of a release, in the order of the policy.
pub(crate) fn steps(release: &Release, now: Timestamp) -> Vec<Value> {
    let step = |r: after::StepReport<'_>| {
        let (p, needs) = (&r.progress, &r.step.needs);
        let by =
            if let allclear_core::project::steps::Mark::Done(by) = p.mark { json!(by) } else { Value::Null };
        json!({
            "name": r.step.name, "state": r.state, "by": by, "tries": p.tries, "at": p.at, "why": p.why,
            "said": p.said, "needs": needs, "waits_for": r.waits_for, "next_at": r.next_at,
            "needs_somebody": p.needs_somebody(r.step, now),
        })
    };
    after::report(release, now).into_iter().map(step).collect()
}

fn candidate(found: &CandidateAssessment, record: &Candidate, seen: &Snapshot) -> Value {
    let facts = &seen.facts.candidates[&found.version];
    json!({
        "version": found.version,
        "rc": record.rc_number(),
        "tag": record.rcs.last().map(|rc| &rc.tag),
        "rc_commit": record.commit(),
        "branch": record.cut.branch,
        "head": facts.head,
        "kind": record.cut.kind,
        "reason": record.cut.reason,
        "state": found.state,
        "cut_at": record.cut_at,
        "rc_at": record.rc_at(),
        "leaves_at": found.leaves_at,
        "fix_by": found.fix_by,
        "next_change_at": found.next_change_at,
        "promote_when_clear": record.requested.as_ref().map(|r| &r.commit),
        "refused": record.refused.as_ref().map(|(commit, why)| json!({"commit": commit, "why": why})),
        "gates": found.gates.iter().map(gate).collect::<Vec<_>>(),
        "blockers": found.blockers().map(gate).collect::<Vec<_>>(),
    })
}

fn gate(report: &GateReport) -> Value {
    let finding = &report.finding;
    let clear = finding.verdict.is_clear();
    json!({
        "gate": report.gate.name(),
        "enforced": report.enforced,
        "verdict": finding.verdict,
        "summary": finding.summary,
        "clears_at": finding.clears_at,
        "kind": if clear { Value::Null } else { json!(finding.kind) },
        "actors": finding.actors,
        "subjects": finding.subjects,
        "remedy": finding.remedy,
    })
}

/// Gives the word for a candidate's state.
pub(crate) fn word(found: &CandidateAssessment) -> String {
    let blockers = found.blockers().filter(|b| b.finding.kind == Kind::Person).count();
    match found.state {
        State::Waiting => "WAITING".into(),
        State::Blocked if blockers == 0 => "BLOCKED".into(),
        State::Blocked => format!("BLOCKED by {blockers}"),
        State::Clear => "CLEAR".into(),
        State::Promoting => "PROMOTING".into(),
        State::Unknown => "UNKNOWN".into(),
    }
}

/// Gives the exit code for one candidate or all of them: the one that needs somebody most.
pub(crate) fn exit(assessment: &Assessment, about: Option<Version>) -> crate::exit::Exit {
    use crate::exit::Exit;
    let states =
        assessment.candidates.iter().filter(|c| about.is_none_or(|v| v == c.version)).map(|c| c.state);
    let states: Vec<State> = states.collect();
    if states.contains(&State::Unknown) {
        Exit::Unknown
    } else if !assessment.stops.is_empty() || states.contains(&State::Blocked) {
        Exit::Blocked
    } else if states.iter().any(|s| matches!(s, State::Waiting | State::Promoting)) {
        Exit::Waiting
    } else {
        Exit::Done
    }
}

/// Tells whether a gate is worth a line of its own where nothing is wrong.
pub(crate) fn is_quiet(report: &GateReport) -> bool {
    let always = ["fixes", "soak", "checks", "merge-back"];
    let said = ["downstream", "reports", "approvals"].contains(&report.gate.name())
        && report.finding.verdict == Verdict::Passed;
    // A head that is no rc yet is said by its soak.
    let said_elsewhere = report.gate.name() == "version" && report.finding.verdict == Verdict::Pending;
    !always.contains(&report.gate.name())
        && !said
        && (said_elsewhere || matches!(report.finding.verdict, Verdict::NotApplicable | Verdict::Passed))
}
