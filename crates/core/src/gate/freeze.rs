//! `freeze`: the calendar stops promotions. Deny beats allow.

use super::case::{Case, Finding, MARGIN};
use crate::types::text::{name_of, short};
use jiff::Timestamp;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    // Deny beats allow: the freezes at the cut, and those added on develop since.
    let since = case.calendar.map(|p| p.freezes.as_slice()).unwrap_or_default();
    let from_policy = case
        .policy
        .freezes
        .iter()
        .chain(since)
        .filter(|f| f.stops.promotions())
        .map(|f| (f.from, f.until, short(&f.reason, 80)));
    // Nor does a claim lift what takes a signature under either policy.
    let trust = case.calendar.map_or(case.policy.trust, |p| p.trust.max(case.policy.trust));
    let from_ledger = case
        .project
        .freezes_from(case.now, trust)
        .filter(|f| f.stops.promotions())
        .map(|f| (f.from, f.until, format!("{}, set by {}", short(&f.reason, 80), name_of(&f.by))));
    let freezes: Vec<(Timestamp, Timestamp, String)> =
        from_policy.chain(from_ledger).filter(|(_, until, _)| *until > case.now).collect();
    let close = MARGIN.after(case.now);
    let next = freezes.iter().map(|(from, ..)| MARGIN.before(*from)).min();
    let Some((_, _, why)) =
        freezes.iter().filter(|(from, ..)| *from <= close).max_by_key(|(_, until, _)| *until)
    else {
        return Finding { turns_at: next, ..Finding::passed("none") };
    };
    // Freezes that touch count as one, which ends with the last of them.
    let mut thaws = case.now;
    while let Some((_, until, _)) =
        freezes.iter().find(|(from, until, _)| *from <= MARGIN.after(thaws) && *until > thaws)
    {
        thaws = *until;
    }
    let remedy = vec!["allclear freeze --lift, if a person set it".to_owned()];
    Finding { remedy, ..Finding::pending(format!("frozen: {why}"), Some(thaws)) }
}
