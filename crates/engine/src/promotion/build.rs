//! Builds every object of a promotion, in the private store alone.

use super::refs::{plan_refs, release_refs};
use crate::ledger::append::Draft;
use crate::look::trial_merges;
use crate::{Engine, PromotionRefusal, Refusal, Snapshot};
use allclear_core::facts::MergeBack;
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::event::{Event, Operation};
use allclear_core::policy::MergeMode;
use allclear_core::port::{NewCommit, RefUpdate};
use allclear_core::{OperationId, Seconds, Version};

/// For how long observations leave a plan alone, so as not to fence it.
const PLAN_LIFE: Seconds = Seconds(120);

/// What a promotion is going to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionPlan {
    /// Every object and every expected value.
    pub operation: Operation,
    /// The refs that change, in the one push.
    pub refs: Vec<RefUpdate>,
}

impl Engine<'_> {
    /// Builds every object of a promotion, and the draft that puts the plan on record.
    pub(super) fn build(
        &self,
        snapshot: &Snapshot,
        version: Version,
    ) -> Result<(PromotionPlan, Draft), Refusal> {
        let candidate = &snapshot.project.candidates[&version];
        let (cut, commit) = (&candidate.cut, candidate.commit().clone());
        let seen = &snapshot.facts.candidates[&version];
        let branches = &cut.policy.branches;
        let absent = || PromotionRefusal::LongLivedGone;
        let stable = snapshot.facts.stable.clone().ok_or_else(absent)?;
        let develop = snapshot.facts.develop.clone().ok_or_else(absent)?;
        let Some(back) = trial_merges::tree(&seen.merge_back).cloned() else {
            let develop = branches.develop.clone();
            return Err(PromotionRefusal::NoMergeBack { version, develop }.into());
        };
        let now = self.clock.now();
        let mut draft = self.draft(Vec::new());
        let id = OperationId::parse(&self.clock.fresh_id()[..16])
            .map_err(|e| PromotionRefusal::NoId(e.to_string()))?;
        let tag = cut.tags.release(version);
        let trailer = format!("Allclear-Operation: {id}");
        let new_stable = match cut.policy.promotion.merge {
            MergeMode::Ff => commit.clone(),
            MergeMode::Merge => {
                let tree =
                    self.repo.trees(std::slice::from_ref(&commit))?.into_iter().next().ok_or_else(absent)?;
                let message = format!("Merge branch '{}'\n\n{trailer}", cut.branch);
                self.repo.write_commit(&NewCommit {
                    tree,
                    parents: vec![stable.clone(), commit.clone()],
                    by: self.signature(now),
                    author: None,
                    message,
                })?
            }
        };
        let message = format!(
            "{tag}\n\n{}\n\n{TRAILER}: {}\n{trailer}",
            self.release_notes(snapshot, version, now)?,
            draft.id
        );
        let new_tag = self.repo.write_tag(&tag, &new_stable, &self.signature(now), &message)?;
        let message = format!("Merge tag '{tag}' into {}\n\n{trailer}", branches.develop);
        let merge = NewCommit {
            tree: back,
            parents: vec![develop.clone(), new_stable.clone()],
            by: self.signature(now),
            author: None,
            message,
        };
        let new_develop = self.repo.write_commit(&merge)?;
        let resolved = match &seen.merge_back {
            MergeBack::Resolved { files, .. } => files.clone(),
            MergeBack::Clean { .. } | MergeBack::Conflict { .. } | MergeBack::Impossible { .. } => Vec::new(),
        };
        let operation = Operation {
            id: id.clone(),
            version,
            commit,
            branch: cut.branch.clone(),
            stable_branch: branches.stable.clone(),
            develop_branch: branches.develop.clone(),
            tag,
            old_stable: stable,
            old_develop: develop,
            new_stable,
            new_develop,
            new_tag,
            expires: PLAN_LIFE.after(now),
            resolved,
        };
        draft.events.push(Event::PromotionPlanned(Box::new(operation.clone())));
        draft.refs =
            plan_refs(&operation).map(|(name, id)| RefUpdate { name, old: None, new: Some(id) }).into();
        Ok((PromotionPlan { refs: release_refs(&operation), operation }, draft))
    }
}
