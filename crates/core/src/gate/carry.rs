//! After a release, stable is merged into the candidates that were cut before it.

use crate::facts::{CandidateFacts, Facts, MergeBack};
use crate::project::{Candidate, Project};
use crate::types::version::Version;

/// How a candidate gets the commits of stable that it lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Carry {
    /// A tick merges stable into it now.
    Due,
    /// A tick will, once the head of its branch is an rc.
    Settling,
    /// Not by allclear: nothing is missing, a person has to resolve it, or somebody else moved stable.
    ByHand,
}

/// Tells how a candidate gets what it lacks of stable. allclear passes on only what its own last release put
/// there, and only where nobody has to choose.
pub fn carry(
    version: Version,
    candidate: &Candidate,
    seen: &CandidateFacts,
    project: &Project,
    facts: &Facts,
) -> Carry {
    let mergeable = matches!(seen.catch_up, Some(MergeBack::Clean { .. } | MergeBack::Resolved { .. }));
    let newest = project.releases.iter().max_by_key(|(_, release)| release.at);
    let own = newest.is_some_and(|(released, release)| {
        *released < version && facts.stable.as_ref() == Some(&release.stable)
    });
    if !mergeable || !own || !seen.descends || candidate.promoted.is_some() || seen.head.is_none() {
        Carry::ByHand
    } else if seen.head.as_ref() == Some(candidate.commit()) {
        Carry::Due
    } else {
        Carry::Settling
    }
}
