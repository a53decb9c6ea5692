//! `hold`: a person stopped this candidate.

use super::case::{Case, Finding, Kind};
use crate::types::text::{name_of, short};
use crate::types::verdict::Verdict;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let Some(hold) = case.candidate.hold.as_ref().filter(|h| h.until.is_none_or(|until| until > case.now))
    else {
        return Finding::passed("none");
    };
    let text = format!("held by {}: {}", name_of(&hold.by), short(&hold.reason, 100));
    let remedy = vec![format!("allclear hold {} --lift", case.version)];
    Finding {
        verdict: Verdict::Failed,
        kind: Kind::Person,
        clears_at: hold.until,
        turns_at: hold.until,
        ..Finding::failed(text, vec![name_of(&hold.by)], remedy)
    }
}
