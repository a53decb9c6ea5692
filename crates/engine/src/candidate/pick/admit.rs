//! Which commits may come on board: those that the gate `fixes` would let pass.

use super::onto::Onto;
use crate::{CandidateRefusal, Engine, Refusal, Snapshot};
use allclear_core::CommitId;
use allclear_core::history::fixes::ClassedCommit;
use allclear_core::history::fixes::is_welcome;
use allclear_core::history::pick::in_order;

impl Engine<'_> {
    /// Refuses merges, and what the gate `fixes` would refuse.
    pub(super) fn only_welcome(
        &self,
        snapshot: &Snapshot,
        onto: &Onto<'_>,
        open: &[CommitId],
    ) -> Result<(), Refusal> {
        if let Some(merge) = open.iter().find(|id| onto.graph.commits[*id].parents.len() > 1) {
            return Err(self.what_it_brings(snapshot, onto, merge)?.into());
        }
        let fixes = &onto.candidate.cut.policy.fixes;
        let commits: Vec<ClassedCommit> = self
            .class_picks(snapshot, onto, open)?
            .into_iter()
            .filter(|c| !is_welcome(c.class, fixes))
            .collect();
        if commits.is_empty() {
            return Ok(());
        }
        Err(CandidateRefusal::NoFixes { version: onto.version, commits }.into())
    }

    /// Says what a merge brings, and how to pick the fixes among it.
    fn what_it_brings(
        &self,
        snapshot: &Snapshot,
        onto: &Onto<'_>,
        merge: &CommitId,
    ) -> Result<CandidateRefusal, Refusal> {
        let info = &onto.graph.commits[merge];
        let without = [&info.parents[0], &onto.head];
        let mut brought: Vec<CommitId> =
            info.parents[1..].iter().flat_map(|side| onto.graph.only(side, &without)).collect();
        brought.retain(|id| onto.graph.commits[id].parents.len() < 2);
        let brought = in_order(&brought, &onto.graph.order);
        let classes = self.class_picks(snapshot, onto, &brought)?;
        let fixes = &onto.candidate.cut.policy.fixes;
        let brings = classes.into_iter().map(|commit| {
            let fix = is_welcome(commit.class, fixes);
            (commit, fix)
        });
        Ok(CandidateRefusal::IsMerge {
            version: onto.version,
            merge: merge.clone(),
            subject: info.message.lines().next().unwrap_or_default().to_owned(),
            brings: brings.collect(),
        })
    }
}
