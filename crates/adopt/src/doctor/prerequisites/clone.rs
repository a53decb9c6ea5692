//! Whether the clone is whole and up to date.

use super::observed::Prerequisites;
use crate::doctor::finding::{Finding, Part, Weight};
use allclear_core::types::text::count;

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding = Finding::new(
        Part::Prerequisites,
        "clone",
        "fetches what it needs into a store of its own, and writes nothing here",
    );
    let mut says = Vec::new();
    let mut acts = Vec::new();
    if seen.shallow {
        says.push("it is shallow: what lies before its first commits is not known".to_owned());
        acts.push("git fetch --unshallow --tags");
    }
    if seen.partial {
        says.push("it is partial: patches and files that are not here are not read".into());
    }
    if seen.behind > 0 {
        says.push(format!("it lacks {} of the server as they are now", count(seen.behind, "ref")));
        acts.push("git fetch --tags");
    }
    if says.is_empty() {
        return finding.weighs(Weight::Clear, "the clone is whole");
    }
    let finding = finding.weighs(Weight::Unknown, says.join("; "));
    if acts.is_empty() { finding } else { finding.act(format!("{}, then again", acts[0])) }
}
