//! `contains-stable`: the next release contains the last one.

use super::case::{Case, Finding, Subject};
use crate::facts::MergeBack;
use crate::gate::carry::{Carry, carry};
use crate::policy::Mode;
use crate::types::text::{count, list, plain};
use crate::types::verdict::Verdict;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    // Of what never was a candidate nothing about stable follows.
    if case.facts.is_void(case.version) {
        return Finding::not_applicable("it was never cut");
    }
    let stable = &case.policy.branches.stable;
    match (&case.facts.stable, case.seen.lacks_stable) {
        (None, _) => Finding::failed(
            format!("there is no branch {stable} on the server"),
            vec!["a maintainer".into()],
            vec![format!("push {stable}")],
        ),
        (Some(at), _) if at == case.candidate.commit() => Finding::failed(
            format!("{stable} is at this very commit already: it was moved without allclear"),
            vec!["a maintainer".into()],
            vec![format!("put {stable} back to the last release, and let allclear promote")],
        ),
        (Some(_), 0) => Finding::passed(format!("contains {stable}")),
        (Some(_), n) => {
            let lacks = format!("lacks {} of {stable}", count(n, "commit"));
            let acts = case.calendar.is_none_or(|p| p.mode == Mode::Run);
            let coming = match carry(case.version, case.candidate, case.seen, case.project, case.facts) {
                Carry::Due if acts => Some("the next tick merges them in"),
                Carry::Settling if acts => Some("a tick merges them in when the head is an rc"),
                Carry::Due | Carry::Settling | Carry::ByHand => None,
            };
            let finding = match coming {
                Some(coming) => Finding::pending(format!("{lacks}; {coming}"), None),
                None => by_hand(case, &lacks),
            };
            Finding { needs_commit: true, ..finding }
        }
    }
}

fn by_hand(case: &Case<'_>, lacks: &str) -> Finding {
    let (stable, branch) = (&case.policy.branches.stable, &case.candidate.cut.branch);
    let files = match &case.seen.catch_up {
        Some(MergeBack::Conflict { files }) => files.as_slice(),
        Some(MergeBack::Clean { .. } | MergeBack::Resolved { .. } | MergeBack::Impossible { .. }) | None => {
            &[]
        }
    };
    let named: Vec<String> = files.iter().take(3).map(|f| plain(f)).collect();
    let text = match named.first() {
        Some(_) => format!("{lacks}, which conflicts in {}", list(&named)),
        None => lacks.to_owned(),
    };
    let subject = |f: &String| Subject {
        name: plain(f),
        also: None,
        verdict: Verdict::Failed,
        detail: format!("differs on {stable} and the candidate"),
    };
    Finding {
        subjects: files.iter().map(subject).collect(),
        ..Finding::failed(
            text,
            vec![named.first().map_or("a maintainer".into(), |f| format!("whoever knows {f}"))],
            vec![
                format!("merge {stable} into {branch} and push it; merges of {stable} are always allowed"),
                format!(
                    "git fetch origin && git switch {branch} && git merge origin/{stable}; resolve; git push origin {branch}"
                ),
            ],
        )
    }
}
