//! The table of an experiment, as programs see it.

use allclear_core::experiment::{Arm, Attempt, Row};
use allclear_engine::{RecordStatus, Tested};
use serde_json::{Value, json};

/// Gives the table for programs.
pub(crate) fn value(tested: &Tested) -> Value {
    let experiment = &tested.experiment;
    let (recorded, why) = match &tested.kept {
        RecordStatus::Recorded | RecordStatus::AlreadyRecorded => (true, None),
        RecordStatus::NotRecorded(why) => (false, Some(why)),
    };
    json!({
        "schema": "allclear.test/1",
        "experiment": experiment.experiment,
        "began": experiment.began,
        "seconds": seconds(experiment.millis),
        "candidate": experiment.candidate,
        "baseline": experiment.baseline,
        "downstreams": tested.rows().map(|row| row_value(row, tested)).collect::<Vec<_>>(),
        "checks": tested.checks.iter().map(|c| json!({
            "name": c.name, "outcome": c.outcome, "attempt": attempt(&c.attempt), "known": c.known,
        })).collect::<Vec<_>>(),
        "coverage": tested.coverage,
        "verdict": tested.verdict,
        "contained": experiment.contained,
        "recorded": recorded,
        "not_recorded": why,
        "may_become_must": tested.ripe,
    })
}

fn row_value(row: &Row, tested: &Tested) -> Value {
    json!({
        "name": row.name,
        "project": row.project,
        "commit": row.commit,
        "tag": row.tag,
        "mode": row.mode,
        "tier": row.tier,
        "comparison": row.comparison,
        "outcome": row.outcome,
        "step": row.step,
        "proof": row.proof,
        "attempts": row.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "signature": row.signature,
        "error": row.error,
        "note": row.note,
        "past": tested.past.get(&row.name),
        "repro": row.repro,
        "known": row.known,
    })
}

fn attempt(attempt: &Attempt) -> Value {
    json!({
        "arm": arm(attempt.arm),
        "mode": attempt.mode,
        "outcome": attempt.outcome,
        "step": attempt.step,
        "seconds": seconds(attempt.millis),
        "memory": attempt.memory,
        "tests": attempt.tests,
        "error": attempt.error,
        "log": attempt.log,
    })
}

pub(crate) fn seconds(millis: u64) -> f64 {
    millis as f64 / 1000.0
}

/// Gives the name of an arm.
pub(crate) fn arm(arm: Arm) -> &'static str {
    match arm {
        Arm::Candidate => "candidate",
        Arm::Baseline => "baseline",
    }
}
