//! The fixes of a withdrawn candidate that develop lacks.

use super::instant;
use super::ui::{self, WAIT, paint};
use allclear_core::CommitId;
use allclear_core::types::text::plain;
use allclear_engine::Snapshot;
use jiff::Timestamp;

/// Says which fixes of withdrawn candidates are about to be forgotten.
pub(crate) fn notes(seen: &Snapshot, now: Timestamp) {
    for offer in &seen.facts.offers {
        let Some(withdrawal) = seen.project.withdrawn.get(&offer.version) else { continue };
        let ids: Vec<&str> = offer.fixes.iter().take(4).map(|(id, _)| id.short()).collect();
        let more = if offer.fixes.len() > ids.len() { ", …" } else { "" };
        ui::out(format!(
            "{} {} was withdrawn {}: {} not on develop: {}{more} (allclear why shows how to get them there)",
            paint(WAIT, "note:"),
            offer.version,
            instant::distance(withdrawal.at, now),
            are(offer.fixes.len()),
            ids.join(", "),
        ));
    }
}

/// Says which fixes develop lacks, and the commands that bring them.
pub(crate) fn commands(develop: &str, archive: &str, fixes: &[(CommitId, String)]) {
    if fixes.is_empty() {
        return;
    }
    ui::out(format!("{} not on {develop}:", are(fixes.len())));
    for (id, subject) in fixes {
        ui::out(format!("  {} {}", id.short(), plain(subject)));
    }
    let ids: Vec<&str> = fixes.iter().map(|(id, _)| id.as_str()).collect();
    ui::out(format!("  git fetch origin {develop} {}", plain(archive)));
    ui::out(format!("  git switch {develop} && git merge --ff-only origin/{develop}"));
    ui::out(format!("  git cherry-pick -x {}", ids.join(" ")));
    ui::out(format!("  git push origin {develop}"));
}

/// Counts fixes, with their verb.
fn are(fixes: usize) -> String {
    if fixes == 1 { "1 fix is".into() } else { format!("{fixes} fixes are") }
}
