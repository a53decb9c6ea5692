//! Carries stable into the candidates that were cut before its last release.

use crate::look::trial_merges::{self, Trial};
use crate::{CandidateRefusal, Engine, Refusal};
use allclear_core::gate::carry::{Carry, carry};
use allclear_core::ledger::event::Event;
use allclear_core::port::{NewCommit, RefUpdate};
use allclear_core::project::Candidate;
use allclear_core::{CommitId, RcNumber, Version};

impl Engine<'_> {
    /// Merges stable into the head of a candidate that is an rc, and makes that the next rc. `wanted` is the
    /// stable that was found due.
    pub(crate) fn carry(&self, version: Version, wanted: &CommitId) -> Result<(RcNumber, CommitId), Refusal> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, candidate) = snapshot.pick(Some(version))?;
            snapshot.founded(version, candidate)?;
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

    /// Tells whether a commit is the merge of some of stable into a candidate's head that this machine would make.
    pub(super) fn is_carry(
        &self,
        candidate: &Candidate,
        head: &CommitId,
        commit: &CommitId,
        tip: Option<&CommitId>,
    ) -> Result<bool, Refusal> {
        let graph = self.repo.graph(&[head.clone(), commit.clone()])?;
        let parents = graph.commits.get(commit).map(|info| info.parents.clone()).unwrap_or_default();
        let ([first, stable], Some(tip)) = (&parents[..], tip) else { return Ok(false) };
        if first != head || !self.repo.is_ancestor(stable, tip)? {
            return Ok(false);
        }
        let merged = self.repo.merge(&[(head.clone(), stable.clone())])?;
        let cut = &candidate.cut;
        let trial = Trial {
            base: &cut.stable,
            ours: head,
            theirs: stable,
            files: &cut.version_files,
            changelog: cut.policy.changelog_file.as_deref(),
            version: cut.version,
        };
        let outcome = trial_merges::outcome(self.repo, merged.first().and_then(Option::as_ref), &trial)?;
        let trees = self.repo.trees(std::slice::from_ref(commit))?;
        Ok(trial_merges::tree(&outcome).is_some() && trial_merges::tree(&outcome) == trees.first())
    }
}
