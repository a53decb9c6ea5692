//! What would stop allclear: git, the server, this credential, the clock, the clone, and names. One file for
//! each finding.

mod clock;
mod clone;
mod credential;
mod git;
mod ledger;
mod names;
mod observed;
mod probes;
mod server;

pub use observed::{Prerequisites, Probed};

use crate::doctor::finding::Finding;
use jiff::Timestamp;

/// Judges what allclear needs to work with, in the order of the screen.
pub fn prerequisites(seen: &Prerequisites, now: Timestamp) -> Vec<Finding> {
    vec![
        git::judge(seen),
        server::judge(seen),
        credential::judge(seen),
        ledger::judge(seen),
        clock::judge(seen, now),
        clone::judge(seen),
        names::judge(seen),
        probes::judge(seen),
    ]
}
