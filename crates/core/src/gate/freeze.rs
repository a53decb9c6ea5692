//! `freeze`: the calendar stops promotions. Deny beats allow.

use super::{Case, Finding, MARGIN};
use crate::text::{name_of, short};
use jiff::Timestamp;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let from_policy = case
        .policy
        .freezes
        .iter()
        .filter(|f| f.stops.promotions())
        .map(|f| (f.from, f.until, short(&f.reason, 80)));
    let from_ledger = case
        .project
        .freezes_from(case.now)
        .filter(|f| f.stops.promotions())
        .map(|f| (f.from, f.until, format!("{}, set by {}", short(&f.reason, 80), name_of(&f.by))));
    let freezes: Vec<(Timestamp, Timestamp, String)> =
        from_policy.chain(from_ledger).filter(|(_, until, _)| *until > case.now).collect();
    let close = MARGIN.after(case.now);
    if let Some((_, until, why)) =
        freezes.iter().filter(|(from, ..)| *from <= close).max_by_key(|(_, until, _)| *until)
    {
        let remedy = vec!["allclear freeze --lift, where a person set it".to_owned()];
        Finding { remedy, ..Finding::pending(format!("frozen: {why}"), Some(*until)) }
    } else {
        let next = freezes.iter().map(|(from, ..)| MARGIN.before(*from)).min();
        Finding { turns_at: next, ..Finding::passed("none") }
    }
}
