//! `clock`: the record's time can be believed, and every entry can be read.

use super::case::{Case, Finding};
use crate::types::verdict::Verdict;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    if let Some(stop) = crate::gate::stops::stops(case.project, case.facts, case.now).into_iter().next() {
        return Finding {
            verdict: Verdict::Errored,
            kind: stop.kind,
            clears_at: stop.clears_at,
            turns_at: stop.turns_at,
            ..Finding::failed(stop.why, vec!["a maintainer".into()], stop.remedy)
        };
    }
    Finding::passed("agrees with the record")
}
