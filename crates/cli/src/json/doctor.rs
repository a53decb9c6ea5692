//! What `doctor` found, as programs see it.

use allclear_adopt::doctor::{Finding, Tip, Weight};
use allclear_engine::Examination;
use serde_json::{Value, json};

/// Gives `allclear.doctor/1`.
pub(crate) fn view(name: &str, seen: &Examination, more: &Value) -> Value {
    let (past, ground) = (&seen.past, &seen.ground);
    let tip = |tip: &Option<Tip>| tip.as_ref().map(|t| json!({"branch": t.name, "commit": t.commit}));
    let mut view = json!({
        "schema": "allclear.doctor/1",
        "project": name,
        "now": past.now,
        "server": {
            "asked": ground.asked,
            "read": past.server.is_some(),
            "why": ground.unreachable,
        },
        "clone": {
            "shallow": ground.shallow,
            "partial": ground.partial,
            "behind": ground.behind,
            "commits": past.commits.all().len(),
            "tags": past.refs.iter().filter(|r| r.name.as_str().starts_with("refs/tags/")).count(),
        },
        "stable": tip(&past.stable),
        "develop": tip(&past.develop),
        "tags": past.tags.form,
        "releases": past.tags.last(),
        "findings": seen.findings,
        "leftovers": { "refs": ground.leftovers, "delete": ground.delete },
        "open": open(&seen.findings),
    });
    if let (Some(view), Some(more)) = (view.as_object_mut(), more.as_object()) {
        view.extend(more.clone());
    }
    view
}

/// Counts the findings that somebody has to act on.
pub(crate) fn open(findings: &[Finding]) -> usize {
    findings.iter().filter(|f| f.weight == Weight::Open).count()
}
