//! Names of refs that git reads as something else.

use super::observed::Prerequisites;
use crate::doctor::finding::{Evidence, Finding, Part, Weight};
use allclear_core::types::text::short;

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding = Finding::new(
        Part::Prerequisites,
        "names",
        "pushes by full names from private refs, and is not misled",
    );
    if seen.traps.is_empty() {
        return finding.weighs(Weight::Clear, "no name is a trap");
    }
    let evidence: Vec<Evidence> = seen
        .traps
        .iter()
        .map(|trap| Evidence {
            about: short(trap.name.as_str(), 60),
            text: format!("{}: {}", short(trap.name.as_str(), 60), short(&trap.why, 120)),
            ..Evidence::default()
        })
        .collect();
    let names =
        if evidence.len() == 1 { "1 name is".into() } else { format!("{} names are", evidence.len()) };
    finding.weighs(Weight::Past, format!("{names} a trap for people and tools")).shown_by(evidence)
}
