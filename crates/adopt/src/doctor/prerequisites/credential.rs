//! Whether this credential may push what a release moves.

use super::observed::Prerequisites;
use crate::doctor::date::day;
use crate::doctor::finding::{Finding, Part, Weight};
use allclear_core::port::history::Reach;
use allclear_core::types::text::short;

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding =
        Finding::new(Part::Prerequisites, "credential", "pushes as whoever runs it, and bypasses nothing");
    match (&seen.reach, &seen.probed) {
        (Reach::Open { .. }, Some(probed)) if probed.works => finding.weighs(
            Weight::Clear,
            format!("this credential creates, moves and deletes refs (tried {})", day(probed.at)),
        ),
        (Reach::Open { .. }, Some(probed)) => finding
            .weighs(Weight::Open, format!("a probe found what stops a release ({})", day(probed.at)))
            .act("allclear doctor --probe-push shows it, and tries again"),
        (Reach::Open { .. }, None) => finding.weighs(
            Weight::Unknown,
            "it may push; which branches it may move is not known without --probe-push",
        ),
        (Reach::Closed(why), _) => finding
            .weighs(Weight::Open, format!("it may not push: {}", short(why, 160)))
            .act("log in with a credential that may push, or run allclear where there is one"),
        (Reach::NotAsked | Reach::NothingToPush, _) => {
            finding.weighs(Weight::Unknown, "not known: nothing was tried")
        }
    }
}
