//! `hold`: a person stopped this candidate.

use super::case::{Case, Finding};
use crate::types::text::{name_of, short};

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let Some(hold) = case.candidate.hold.as_ref().filter(|h| h.until.is_none_or(|until| until > case.now))
    else {
        return Finding::passed("none");
    };
    let text = format!("held by {}: {}", name_of(&hold.by), short(&hold.reason, 100));
    let remedy = vec![format!("allclear hold {} --lift", case.version)];
    Finding {
        clears_at: hold.until,
        turns_at: hold.until,
        ..Finding::failed(text, vec![name_of(&hold.by)], remedy)
    }
}
