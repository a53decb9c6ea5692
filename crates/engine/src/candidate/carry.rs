//! Carries stable into the candidates that were cut before its last release.

use crate::look::trial_merges;
use crate::{CandidateRefusal, Engine, Refusal};
use allclear_core::gate::carry::{Carry, carry};
use allclear_core::ledger::event::Event;
use allclear_core::port::{NewCommit, RefUpdate};
use allclear_core::{CommitId, RcNumber, Version};

impl Engine<'_> {
    /// Merges stable into the head of a candidate that is an rc, and makes that the next rc. `wanted` is the
    /// stable that was found due.
    pub(crate) fn carry(&self, version: Version, wanted: &CommitId) -> Result<(RcNumber, CommitId), Refusal> {
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
            let ready = ready.and_then(|(head, up)| {
                Some((head, trial_merges::tree(up)?.clone(), trial_merges::resolved(up)))
            });
            let Some((head, tree, resolved)) = ready else {
                return Err(CandidateRefusal::MovedOn(version).into());
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
}
