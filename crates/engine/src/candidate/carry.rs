//! Carries stable into the candidates that were cut before its last release, and looks ahead at that.

use crate::look::trial_merges::{self, Trial};
use crate::{Engine, Fault, FaultKind};
use allclear_core::carry::{Carry, carry};
use allclear_core::event::Event;
use allclear_core::facts::MergeBack;
use allclear_core::port::{Graph, NewCommit, RefUpdate};
use allclear_core::project::{Candidate, Project};
use allclear_core::{CommitId, RcNumber, Version};
use std::collections::BTreeMap;

/// For one candidate: the trial merge of stable into it where it lacks some, and for a hotfix those of its
/// head into the others.
type Ahead = (Option<MergeBack>, BTreeMap<Version, MergeBack>);

/// One trial merge: whose it is, into which candidate, and what is merged in.
struct Wanted<'a> {
    of: Version,
    into: (Version, &'a Candidate, CommitId),
    theirs: CommitId,
    catches_up: bool,
}

impl Engine<'_> {
    /// Merges stable into the head of a candidate that is an rc, and makes that the next rc. `wanted` is the
    /// stable that was found due.
    pub(crate) fn carry(&self, version: Version, wanted: &CommitId) -> Result<(RcNumber, CommitId), Fault> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, candidate) = snapshot.pick(Some(version))?;
            let (project, facts) = (&snapshot.project, &snapshot.facts);
            let due = facts
                .candidates
                .get(&version)
                .filter(|seen| carry(version, candidate, seen, project, facts) == Carry::Due)
                .filter(|_| facts.stable.as_ref() == Some(wanted));
            let ready = due.and_then(|seen| Some((seen.head.clone()?, seen.catch_up.as_ref()?)));
            let Some((head, tree)) =
                ready.and_then(|(head, up)| Some((head, trial_merges::tree(up)?.clone())))
            else {
                return Err(Fault::new(FaultKind::Conflict, format!("{version} or stable has moved on")));
            };
            let resolved = match due.and_then(|seen| seen.catch_up.as_ref()) {
                Some(MergeBack::Resolved { files, .. }) => files.clone(),
                Some(MergeBack::Clean { .. } | MergeBack::Conflict { .. } | MergeBack::Impossible { .. })
                | None => Vec::new(),
            };
            let cut = &candidate.cut;
            let mut draft = self.draft(Vec::new());
            let commit = self.repo.write_commit(&NewCommit {
                tree,
                parents: vec![head.clone(), wanted.clone()],
                author: None,
                by: self.signature(self.clock.now()),
                message: format!("Merge branch '{}' into {}", cut.policy.branches.stable, cut.branch),
            })?;
            let n = candidate.rc_number() + 1;
            let (tagged, tag) = self.tagged(&snapshot.refs, &cut.tags, version, n, &commit, &draft.id)?;
            draft.refs = vec![
                RefUpdate { name: cut.branch.to_ref(), old: Some(head), new: Some(commit.clone()) },
                tag,
            ];
            let (stable, made) = (wanted.clone(), commit.clone());
            draft.events = vec![Event::StableCarried { version, stable, commit: made, resolved }, tagged];
            Ok((draft, (n, commit)))
        })
    }

    /// Tries all merges that are coming: of stable into candidates that lack some of it, and of each hotfix
    /// into the candidates that are open beside it.
    pub(crate) fn carries(
        &self,
        project: &Project,
        graph: &Graph,
        head: &dyn Fn(&Version, &Candidate) -> CommitId,
        stable: Option<&CommitId>,
    ) -> Result<BTreeMap<Version, Ahead>, Fault> {
        let mut wanted = Vec::new();
        for (version, candidate) in &project.candidates {
            let own = head(version, candidate);
            let lacking = stable.filter(|stable| !graph.only(stable, &[&own]).is_empty());
            wanted.extend(lacking.map(|stable| Wanted {
                of: *version,
                into: (*version, candidate, own.clone()),
                theirs: stable.clone(),
                catches_up: true,
            }));
            if candidate.cut.kind.is_regular() {
                continue;
            }
            let others = project.candidates.iter().filter(|(other, _)| *other > version);
            wanted.extend(others.map(|(other, beside)| Wanted {
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
        for (Wanted { of, into, theirs, catches_up }, merged) in wanted.iter().zip(self.repo.merge(&pairs)?) {
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
