//! Where the ledger is, and whether the server protects it.

use super::observed::Prerequisites;
use crate::doctor::date::day;
use crate::doctor::finding::{Finding, Part, Weight};
use allclear_core::types::text::plain;

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding = Finding::new(
        Part::Prerequisites,
        "ledger",
        "keeps its record in one ref of the repository, and finds a rewind of it",
    );
    let place = seen.ledger.as_ref().map(|place| plain(place.as_str()));
    let Some(probed) = &seen.probed else {
        return match place {
            Some(place) => finding.weighs(Weight::Clear, format!("the ledger is at {place}")),
            None => finding.weighs(
                Weight::Unknown,
                "none yet; which place for it the server protects is told by --probe-push",
            ),
        };
    };
    let tried = day(probed.at);
    match (place, probed.custom, probed.branch) {
        (Some(place), custom, branch) => {
            let safe = if place.starts_with("refs/heads/") { branch } else { custom };
            if safe {
                finding.weighs(Weight::Clear, format!("the ledger is at {place}, protected ({tried})"))
            } else {
                finding.weighs(
                    Weight::Past,
                    format!("at {place}: unprotected (a rewind is detected, not prevented)"),
                )
            }
        }
        (None, true, _) => {
            finding.weighs(Weight::Clear, format!("refs/allclear/* is protected for a ledger ({tried})"))
        }
        (None, false, true) => finding
            .weighs(Weight::Clear, format!("refs/heads/allclear/* is protected for a ledger ({tried})")),
        (None, false, false) => finding.weighs(
            Weight::Past,
            "none yet; unprotected at either place (a rewind is detected, not prevented)",
        ),
    }
}
