//! The merges that are coming, tried ahead: of stable into the candidates that lack some of it, and of each hotfix
//! into the candidates that are open beside it.

use super::trial_merges::{self, Trial};
use crate::{Engine, Refusal};
use allclear_core::facts::MergeBack;
use allclear_core::history::graph::Graph;
use allclear_core::project::{Candidate, Project};
use allclear_core::{CommitId, Version};
use std::collections::BTreeMap;

/// For one candidate: the trial merge of stable into it where it lacks some, and for a hotfix those of its
/// head into the others.
type Ahead = (Option<MergeBack>, BTreeMap<Version, MergeBack>);

/// One trial merge: whose it is, into which candidate, and what is merged in.
struct PendingTrial<'a> {
    of: Version,
    into: (Version, &'a Candidate, CommitId),
    theirs: CommitId,
    catches_up: bool,
}

impl Engine<'_> {
    /// Tries all merges that are coming: of stable into candidates that lack some of it, and of each hotfix
    /// into the candidates that are open beside it.
    pub(crate) fn carries(
        &self,
        project: &Project,
        graph: &Graph,
        head: &dyn Fn(&Version, &Candidate) -> CommitId,
        stable: Option<&CommitId>,
    ) -> Result<BTreeMap<Version, Ahead>, Refusal> {
        let mut wanted = Vec::new();
        for (version, candidate) in &project.candidates {
            let own = head(version, candidate);
            if !graph.knows(&own) {
                continue;
            }
            let lacking = stable.filter(|stable| !graph.only(stable, &[&own]).is_empty());
            wanted.extend(lacking.map(|stable| PendingTrial {
                of: *version,
                into: (*version, candidate, own.clone()),
                theirs: stable.clone(),
                catches_up: true,
            }));
            if candidate.cut.kind.is_regular() {
                continue;
            }
            let others = project.candidates.iter();
            let others =
                others.filter(|(other, beside)| *other > version && graph.knows(&head(other, beside)));
            wanted.extend(others.map(|(other, beside)| PendingTrial {
                of: *version,
                into: (*other, beside, head(other, beside)),
                theirs: own.clone(),
                catches_up: false,
            }));
        }
        let mut ahead: BTreeMap<Version, Ahead> = BTreeMap::new();
        if wanted.is_empty() {
            return Ok(ahead);
        }
        let pairs: Vec<(CommitId, CommitId)> =
            wanted.iter().map(|w| (w.into.2.clone(), w.theirs.clone())).collect();
        for (PendingTrial { of, into, theirs, catches_up }, merged) in
            wanted.iter().zip(self.repo.merge(&pairs)?)
        {
            let (version, candidate, ours) = into;
            let (base, files) = (&candidate.cut.stable, &candidate.cut.version_files);
            let changelog = candidate.cut.policy.changelog_file.as_deref();
            let trial = Trial { base, ours, theirs, files, changelog, version: *version };
            let outcome = trial_merges::outcome(self.repo, merged.as_ref(), &trial)?;
            let (catch_up, carry) = ahead.entry(*of).or_default();
            if *catches_up {
                *catch_up = Some(outcome);
            } else {
                carry.insert(*version, outcome);
            }
        }
        Ok(ahead)
    }
}
