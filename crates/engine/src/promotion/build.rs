//! Builds every object of a promotion, in the private store alone.

use crate::ledger::append::Draft;
use crate::look::promotion::restore::{STABLE, TAG};
use crate::look::trial_merges;
use crate::{Engine, PromotionRefusal, Refusal, Snapshot};
use allclear_core::facts::Landing;
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::promotion::{Landed, Promotion};
use allclear_core::policy::MergeMode;
use allclear_core::port::{NewCommit, RefUpdate};
use allclear_core::verify::Recorded;
use allclear_core::{CommitId, RefName, Version};
use jiff::Timestamp;

/// What a promotion is going to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromotionPlan {
    /// What it makes of the refs.
    pub promotion: Promotion,
    /// The refs that change, in the one push.
    pub refs: Vec<RefUpdate>,
}

impl Engine<'_> {
    /// Builds every object of a promotion, and the draft of its entry. What another hand brought onto stable is
    /// completed as it landed; `reason` says why, where it was not clear.
    pub(super) fn build(
        &self,
        snapshot: &Snapshot,
        version: Version,
        reason: Option<&str>,
    ) -> Result<(PromotionPlan, Draft), Refusal> {
        let candidate = &snapshot.project.candidates[&version];
        let seen = &snapshot.facts.candidates[&version];
        let (cut, landing) = (&candidate.cut, seen.landing.as_ref());
        let commit = landing.map_or_else(|| candidate.commit(), |landing| &landing.rc).clone();
        let branches = &cut.policy.branches;
        let absent = || PromotionRefusal::LongLivedGone;
        let old_stable =
            landing.map(|landing| landing.base.clone()).or_else(|| snapshot.facts.stable.clone());
        let old_stable = old_stable.ok_or_else(absent)?;
        let old_develop = snapshot.facts.develop.clone().ok_or_else(absent)?;
        let now = self.clock.now();
        let tagged = landing.and_then(|landing| landing.tag.as_ref());
        let mut draft = self.draft(Vec::new());
        if let Some((_, Some(id))) = tagged {
            draft.id.clone_from(id);
        }
        let tag = cut.tags.release(version);
        let trailer = format!("{TRAILER}: {}", draft.id);
        // Before anything is written: what reads the store waits for that.
        let notes =
            if tagged.is_some() { String::new() } else { self.release_notes(snapshot, version, now)? };
        let new_stable = match (landing, cut.policy.promotion.merge) {
            (Some(landing), _) => landing.commit.clone(),
            (None, MergeMode::Ff) => commit.clone(),
            (None, MergeMode::Merge) => {
                let tree = self.repo.trees(std::slice::from_ref(&commit))?.pop().ok_or_else(absent)?;
                let message = format!("Merge branch '{}'\n\n{trailer}", cut.branch);
                let parents = vec![old_stable.clone(), commit.clone()];
                let made = self.write_merge(tree, parents, message, now)?;
                draft.attachments.insert(STABLE.into(), self.raw_text(&made)?);
                made
            }
        };
        let new_tag = match tagged {
            Some((object, _)) => object.clone(),
            None => {
                let message = format!("{tag}\n\n{notes}\n\n{trailer}");
                let made = self.repo.write_tag(&tag, &new_stable, &self.signature(now), &message)?;
                draft.attachments.insert(TAG.into(), self.raw_text(&made)?);
                made
            }
        };
        // Where somebody put more on stable since it landed, develop gets that too.
        let newest = landing.filter(|landing| !landing.tip).and(snapshot.facts.stable.as_ref());
        let merged = newest.unwrap_or(&new_stable);
        let has_it = landing.is_some() && self.repo.is_ancestor(merged, &old_develop)?;
        let (new_develop, resolved) = if has_it {
            (old_develop.clone(), Vec::new())
        } else {
            // What is on stable is what was tried with develop, unless another hand put more there.
            let as_tried = landing.is_none_or(|landing| landing.tip && landing.same_tree);
            let back = if as_tried {
                seen.merge_back.clone()
            } else {
                self.merge_into_develop(cut, &old_develop, merged)?
            };
            let Some(tree) = trial_merges::tree(&back).cloned() else {
                let develop = branches.develop.clone();
                return Err(PromotionRefusal::NoMergeBack { version, develop }.into());
            };
            let message = format!("Merge tag '{tag}' into {}\n\n{trailer}", branches.develop);
            let parents = vec![old_develop.clone(), merged.clone()];
            (self.write_merge(tree, parents, message, now)?, trial_merges::resolved(&back))
        };
        let promotion = Promotion {
            version,
            commit,
            branch: cut.branch.clone(),
            stable_branch: branches.stable.clone(),
            develop_branch: branches.develop.clone(),
            tag,
            old_stable,
            old_develop,
            new_stable,
            new_develop,
            new_tag,
            landed: landing.map(|landing| landed(landing, reason)),
            resolved,
        };
        draft.events.push(Event::Promoted(Box::new(promotion.clone())));
        draft.refs = updates(snapshot, &promotion);
        draft.facts = recorded(snapshot, &promotion, now);
        Ok((PromotionPlan { refs: draft.refs.clone(), promotion }, draft))
    }

    pub(super) fn write_merge(
        &self,
        tree: CommitId,
        parents: Vec<CommitId>,
        message: String,
        now: Timestamp,
    ) -> Result<CommitId, Refusal> {
        let by = self.signature(now);
        Ok(self.repo.write_commit(&NewCommit { tree, parents, by, author: None, message })?)
    }

    fn raw_text(&self, id: &CommitId) -> Result<String, Refusal> {
        Ok(String::from_utf8_lossy(&self.repo.raw(id)?).into_owned())
    }
}

/// The facts that a promotion stands on, for the record.
fn recorded(snapshot: &Snapshot, promotion: &Promotion, now: Timestamp) -> Option<serde_json::Value> {
    let version = promotion.version;
    let found = snapshot.assessed(version, now);
    let candidate = snapshot.project.candidates.get(&version)?;
    let seen = snapshot.facts.candidates.get(&version)?;
    let mut recorded = Recorded::of(candidate, &snapshot.facts, seen, found.as_ref(), now);
    recorded.stable = Some(promotion.old_stable.clone());
    recorded.head = Some(promotion.commit.clone());
    recorded.highest = snapshot.facts.released.keys().rfind(|highest| **highest != version).copied();
    serde_json::to_value(recorded).ok()
}

fn landed(landing: &Landing, reason: Option<&str>) -> Landed {
    Landed { shape: landing.shape, by: landing.by.clone(), reason: reason.map(str::to_owned) }
}

/// The refs that a promotion changes: what is new already, and a branch that is gone, has more, or cannot be deleted,
/// stay.
fn updates(snapshot: &Snapshot, promotion: &Promotion) -> Vec<RefUpdate> {
    let refs = &snapshot.refs;
    let landed = promotion.landed.is_some();
    let mut updates = Vec::new();
    let mut change = |name: RefName, old: Option<&CommitId>, new: Option<&CommitId>| {
        if old != new {
            updates.push(RefUpdate::new(name, old, new));
        }
    };
    let (old_develop, new_develop) = (Some(&promotion.old_develop), Some(&promotion.new_develop));
    change(promotion.develop_branch.to_ref(), old_develop, new_develop);
    if !landed {
        change(promotion.stable_branch.to_ref(), Some(&promotion.old_stable), Some(&promotion.new_stable));
    }
    let tag = RefName::tag(&promotion.tag);
    if refs.get(&tag) != Some(&promotion.new_tag) {
        change(tag, None, Some(&promotion.new_tag));
    }
    let branch = promotion.branch.to_ref();
    if (!landed || refs.get(&branch) == Some(&promotion.commit)) && !refs.is_shadowed(&branch) {
        change(branch, Some(&promotion.commit), None);
    }
    updates
}
