//! What would stop allclear: git, the server, this credential, the clock, the clone, and names.

mod judges;
mod observed;

pub use observed::{Prerequisites, Probed};

use crate::doctor::finding::{Finding, Part};
use jiff::Timestamp;

/// Judges what allclear needs to work with, in the order of the screen: name, what allclear does about it, and what
/// was found.
pub fn prerequisites(seen: &Prerequisites, now: Timestamp) -> Vec<Finding> {
    let findings = [
        ("git", "needs git 2.39 or newer: its merge is the reference", judges::git(seen)),
        ("server", "moves all refs of a release in one atomic push, or none", judges::server(seen)),
        ("credential", "pushes as whoever runs it, and bypasses nothing", judges::credential(seen)),
        (
            "ledger",
            "keeps its record in one ref of the repository, and finds a rewind of it",
            judges::ledger(seen),
        ),
        (
            "clock",
            "measures soaks by the ledger's time, and stops where a clock is wrong",
            judges::clock(seen, now),
        ),
        (
            "clone",
            "fetches what it needs into a store of its own, and writes nothing here",
            judges::clone(seen),
        ),
        ("names", "pushes by full names from private refs, and is not misled", judges::names(seen)),
        ("probes", "deletes what its probes make, and names what it could not", judges::probes(seen)),
    ];
    findings
        .into_iter()
        .map(|(name, allclear, found)| found.of(Part::Prerequisites, name, allclear))
        .collect()
}
