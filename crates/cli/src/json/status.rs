//! `allclear.status/1`: the assessment as programs see it. People's screens are drawn from the same values.

use super::release::{steps, word_of};
use allclear_core::Assessment;
use allclear_core::decide::assess::{CandidateAssessment, GateReport};
use allclear_core::project::Candidate;
use allclear_engine::{PolicySeen, Snapshot};
use jiff::Timestamp;
use serde_json::{Value, json};

/// Gives the whole status of the project `name`. `protection` says whether the server keeps the record from being
/// rewound; `None` where that was never tried.
pub(crate) fn status(
    name: &str,
    protection: Option<&str>,
    seen: &Snapshot,
    assessment: &Assessment,
) -> Value {
    let mode = seen.policy.get().map(|p| p.mode);
    json!({
        "schema": "allclear.status/1",
        "project": name,
        "mode": mode,
        "policy": match &seen.policy { PolicySeen::Read { .. } => "ok", PolicySeen::Wrong { .. } => "wrong", PolicySeen::Absent => "absent" },
        "observed_at": seen.facts.observed_at,
        "now": assessment.now,
        "record": record(protection, seen, assessment),
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

fn record(protection: Option<&str>, seen: &Snapshot, assessment: &Assessment) -> Value {
    json!({
        "place": seen.facts.record.place,
        "root": seen.project.root,
        "head": seen.project.head,
        "entries": seen.project.entries,
        "level": if seen.facts.record.signer.is_some() { "recorded" } else { "claimed" },
        "signer": seen.facts.record.signer,
        "protection": protection.unwrap_or("not probed"),
        "intact": seen.facts.record.rewound.is_none(),
        "stops": assessment.stops.iter().map(|s| json!({"why": s.why, "remedy": s.remedy, "clears_at": s.clears_at})).collect::<Vec<_>>(),
    })
}

/// What was released, newest first: through this ledger, and the last one before it.
fn releases(seen: &Snapshot, now: Timestamp) -> Vec<Value> {
    let recorded = seen.project.releases.iter().rev().map(|(version, r)| {
        json!({"version": version, "tag": r.tag, "commit": r.stable, "candidate": r.commit, "at": r.at, "cut_at": r.cut_at, "entry": r.entry, "landed": r.landed,
               "state": word_of(r), "bad_reports": r.bad_reports(), "steps": steps(r, now)})
    });
    let older = seen.facts.released.iter().rev().find(|(v, _)| !seen.project.releases.contains_key(v));
    let older = older.map(|(version, commit)| json!({"version": version, "tag": seen.facts.tags.release(*version), "commit": commit, "at": null, "state": "released", "bad_reports": 0, "steps": []}));
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
        "stop": found.stop.as_ref().map(|stop| json!({"why": stop.why, "remedy": stop.remedy})),
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
