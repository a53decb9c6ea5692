//! Whether this clock is behind what is already written.

use super::observed::Prerequisites;
use crate::doctor::finding::{Finding, Part, Weight};
use allclear_core::Seconds;
use jiff::Timestamp;

/// How far a clock may be behind what is already written: what the ledger tolerates.
const TOLERANCE: Seconds = Seconds(120);

pub(super) fn judge(seen: &Prerequisites, now: Timestamp) -> Finding {
    let finding = Finding::new(
        Part::Prerequisites,
        "clock",
        "measures soaks by the ledger's time, and stops where a clock is wrong",
    );
    match seen.newest {
        None => finding.weighs(Weight::NotApplicable, "no commit to compare with"),
        Some(newest) if newest > TOLERANCE.after(now) => {
            let ahead = Seconds::between(now, newest);
            finding
                .weighs(
                    Weight::Open,
                    format!("the newest date in the history is {ahead} ahead of this clock"),
                )
                .act("one of the two is wrong; compare this clock with a time server")
        }
        Some(_) => finding.weighs(Weight::Clear, "the clock is not behind the history"),
    }
}
