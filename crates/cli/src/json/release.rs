//! A release and what follows it, as programs see them.

use allclear_core::decide::after;
use allclear_core::project::Release;
use jiff::Timestamp;
use serde_json::{Value, json};

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
