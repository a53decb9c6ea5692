//! What earlier probes left on the server.

use super::observed::Prerequisites;
use crate::doctor::finding::{Evidence, Finding, Part, Weight};
use allclear_core::types::text::{count, short};

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding = Finding::new(
        Part::Prerequisites,
        "probes",
        "deletes what its probes make, and names what it could not",
    );
    if seen.leftovers.is_empty() {
        return finding.weighs(Weight::NotApplicable, "no probe left anything");
    }
    let names = seen.leftovers.iter().map(|name| Evidence {
        about: short(name.as_str(), 80),
        text: short(name.as_str(), 80),
        ..Evidence::default()
    });
    let summary = format!("an earlier probe left {} on the server", count(seen.leftovers.len(), "ref"));
    // A command that is cut off cannot be run.
    let command = seen.delete.clone().filter(|command| command.chars().count() <= 73);
    finding
        .weighs(Weight::Open, summary)
        .shown_by(names.collect())
        .act(command.unwrap_or_else(|| "delete them; the command is in allclear doctor --json".into()))
}
