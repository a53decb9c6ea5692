//! `approvals`: people who approved exactly this commit.

use super::case::{Case, Finding, Kind, Subject};
use crate::policy::NotThese;
use crate::project::people::Approval;
use crate::types::person::is_listed;
use crate::types::text::{count, name_of};
use crate::types::verdict::Verdict;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let gate = &case.policy.gates.approvals;
    if gate.count == 0 {
        return Finding::not_applicable("none required");
    }
    let mut counted: Vec<&Approval> = Vec::new();
    let mut subjects: Vec<Subject> = Vec::new();
    for approval in &case.candidate.approvals {
        let fault = fault(case, approval, &counted);
        // Approvals beyond the required number are not compared, so that a flood of them costs nothing.
        if fault.is_none() && counted.len() < gate.count as usize {
            counted.push(approval);
        }
        subjects.push(Subject {
            name: approval.by.shown(),
            also: None,
            verdict: if fault.is_none() { Verdict::Passed } else { Verdict::NotApplicable },
            detail: fault.map_or_else(
                || format!("approved {}", approval.commit.short()),
                |why| format!("does not count: {why}"),
            ),
        });
    }
    let text = format!("{} of {}", counted.len(), count(gate.count as usize, "approval"));
    if counted.len() >= gate.count as usize {
        return Finding { subjects, ..Finding::passed(text) };
    }
    let actors = if gate.from.is_empty() {
        vec!["anybody who is not an author".to_owned()]
    } else {
        gate.from.iter().map(|who| name_of(who)).collect()
    };
    Finding {
        verdict: Verdict::Missing,
        kind: Kind::Person,
        actors,
        subjects,
        remedy: vec![format!("allclear approve {} --commit {}", case.version, case.commit())],
        ..Finding::passed(format!("{text} for {}", case.commit().short()))
    }
}

fn fault(case: &Case<'_>, approval: &Approval, counted: &[&Approval]) -> Option<String> {
    let gate = &case.policy.gates.approvals;
    let by = &approval.by;
    let authors = &case.seen.authors;
    if approval.commit != *case.commit() {
        Some(format!("it was for {}", approval.commit.short()))
    } else if !by.is_somebody() {
        Some("it names nobody".into())
    } else if !is_listed(&gate.from, by.name(case.policy)) {
        Some("not one of gates.approvals.from".into())
    } else if gate.not == NotThese::Authors && authors.iter().any(|author| by.is(author)) {
        Some("an author of the candidate".into())
    } else if !approval.counts(case.policy) {
        Some("no approver or captain of this ledger signed it".into())
    } else if counted.iter().any(|other| other.by.is_same(by)) {
        Some("the same person twice".into())
    } else {
        None
    }
}
