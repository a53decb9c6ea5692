//! The candidate that is picked onto, and all that is known of it.

use crate::look::resolve::subject_of;
use crate::{CandidateRefusal, Engine, Refusal, Snapshot};
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::history::graph::Graph;
use allclear_core::project::Candidate;
use allclear_core::types::text::short;
use allclear_core::{CommitId, Version};

/// The candidate that is picked onto, and all that is known of it.
pub(crate) struct Onto<'a> {
    pub(super) version: Version,
    pub(crate) candidate: &'a Candidate,
    pub(super) head: CommitId,
    pub(super) develop: CommitId,
    pub(super) graph: Graph,
}

impl Engine<'_> {
    /// Looks at the candidate, and refuses where nothing may come on board.
    pub(crate) fn onto<'a>(
        &self,
        snapshot: &'a Snapshot,
        version: Option<Version>,
    ) -> Result<Onto<'a>, Refusal> {
        snapshot.may_act()?;
        let (version, candidate) = snapshot.pick(version)?;
        snapshot.founded(version, candidate)?;
        let branch = &candidate.cut.branch;
        if snapshot.judged(version, self.clock.now())?.is_unfinished() {
            return Err(CandidateRefusal::InFlightForPick(version).into());
        }
        let seen = snapshot.facts.candidates.get(&version);
        let Some(head) = seen.and_then(|s| s.head.clone()) else {
            let (branch, commit) = (branch.clone(), candidate.commit().clone());
            return Err(CandidateRefusal::BranchGone { branch, commit }.into());
        };
        if !seen.is_some_and(|s| s.descends) {
            let (branch, n) = (branch.clone(), candidate.rc_number());
            return Err(CandidateRefusal::PickOntoRewound { version, branch, head, n }.into());
        }
        let Some(develop) = snapshot.facts.develop.clone() else {
            let develop = candidate.cut.policy.branches.develop.clone();
            return Err(CandidateRefusal::NoDevelop(develop).into());
        };
        let mut tips = vec![develop.clone(), head.clone(), candidate.cut.head.clone()];
        tips.extend(snapshot.facts.stable.clone());
        let graph = self.repo.graph(&tips)?;
        Ok(Onto { version, candidate, head, develop, graph })
    }

    /// Tells whether `tip`, one of those that the graph was read for, contains `commit`.
    pub(super) fn is_within(
        &self,
        graph: &Graph,
        tip: &CommitId,
        commit: &CommitId,
    ) -> Result<bool, Refusal> {
        if graph.commits.contains_key(commit) {
            return Ok(graph.contains(tip, commit));
        }
        Ok(self.repo.is_ancestor(commit, tip)?)
    }

    pub(super) fn subject(&self, graph: &Graph, commit: &CommitId) -> Result<String, Refusal> {
        if let Some(info) = graph.commits.get(commit) {
            return Ok(short(info.message.lines().next().unwrap_or_default(), 120));
        }
        Ok(self
            .repo
            .objects(std::slice::from_ref(commit))?
            .first()
            .map(|raw| subject_of(raw))
            .unwrap_or_default())
    }

    /// Classes commits as if they were on the candidate; what a person accepted is a fix.
    pub(crate) fn class_picks(
        &self,
        snapshot: &Snapshot,
        onto: &Onto<'_>,
        ids: &[CommitId],
    ) -> Result<Vec<ClassedCommit>, Refusal> {
        let newest_first: Vec<CommitId> = ids.iter().rev().cloned().collect();
        let branches = (snapshot.facts.stable.as_ref(), Some(&onto.develop));
        let mut classes =
            self.classify_commits(&newest_first, &onto.graph, &snapshot.project, onto.candidate, branches)?;
        for commit in &mut classes {
            if let Some(acceptance) = snapshot.project.acceptance(&onto.candidate.cut.policy, &commit.id) {
                commit.class = Class::Fix;
                commit.why = format!("accepted: {}", short(&acceptance.reason, 80));
            }
        }
        Ok(classes)
    }
}
