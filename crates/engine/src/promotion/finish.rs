//! Brings a promotion that is begun to its end: rolls forward what landed in part, and completes what another hand
//! brought onto stable.

use super::outcome::Attempt;
use super::promote::{Tried, Wanted};
use crate::ledger::append::{Draft, Landing};
use crate::look::trial_merges;
use crate::{Engine, PromotionRefusal, PushRefusal, Refusal, Snapshot};
use allclear_core::CandidateAssessment;
use allclear_core::decide::assess::Clear;
use allclear_core::decide::promotion::{Obstacle, Step, Todo, next, standing};
use allclear_core::ledger::entry::TRAILER;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::promotion::Promotion;
use allclear_core::port::RefUpdate;
use allclear_core::project::{Candidate, Promoted};
use allclear_core::types::text::{list, plain};
use allclear_core::{CommitId, RefName, Version};

/// What lets stable move, for the commit of a promotion whose entry landed.
enum Permission<'a> {
    /// No gate blocks it now.
    Clear(&'a Clear),
    /// A captain completes it by name and with a reason.
    Captain(&'a str),
}

impl Permission<'_> {
    fn move_stable(&self, promotion: &Promotion) -> Option<RefUpdate> {
        let may = match self {
            Self::Clear(clear) => (clear.version(), clear.commit()) == (promotion.version, &promotion.commit),
            Self::Captain(_) => true,
        };
        let (old, new) = (Some(&promotion.old_stable), Some(&promotion.new_stable));
        may.then(|| RefUpdate::new(promotion.stable_branch.to_ref(), old, new))
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Clear(_) => None,
            Self::Captain(reason) => Some((*reason).to_owned()),
        }
    }
}

impl Engine<'_> {
    /// Takes the next step of a promotion that is begun.
    pub(super) fn take_step(
        &self,
        tried: &mut Tried,
        snapshot: &Snapshot,
        found: &CandidateAssessment,
        wanted: Wanted<'_>,
    ) -> Result<Attempt, Refusal> {
        let version = found.version;
        let candidate = &snapshot.project.candidates[&version];
        let reason = match wanted {
            Wanted::Complete(reason) if tried.version == Some(version) => Some(reason),
            Wanted::Complete(_) | Wanted::Release | Wanted::Finish => None,
        };
        let landing = snapshot.facts.candidates.get(&version).and_then(|seen| seen.landing.as_ref());
        let is_tagged_elsewhere = landing.is_some_and(|landing| landing.foreign_tag);
        let step = found.unfinished.ok_or(PromotionRefusal::RefsUnreadable)?;
        let step = match (step, reason, snapshot.facts.promotions.get(&version)) {
            (Step::Stop(Obstacle::NotClear), Some(_), Some(seen)) => next(standing(seen.sight), true),
            (Step::Stop(Obstacle::LandedUnclear), Some(_), _) if !is_tagged_elsewhere => Step::Complete,
            (step, ..) => step,
        };
        let draft = match (step, &candidate.promoted) {
            (Step::Continue(todo), Some(promoted)) => {
                let permission = reason.map(Permission::Captain).or(found.clear().map(Permission::Clear));
                self.continuation(snapshot, candidate, promoted, todo, permission)?
            }
            (Step::Complete, _) => self.build(snapshot, version, reason)?.1,
            (Step::Stop(obstacle), promoted) => {
                let mut stop = found.stop.clone();
                // What another hand landed and took away again is that hand's to bring back.
                let ours = promoted.as_ref().filter(|promoted| promoted.promotion.landed.is_none());
                if let (Obstacle::Stable, Wanted::Release, Some(promoted)) = (obstacle, wanted, ours) {
                    let offer = self.offer_merge(snapshot, promoted)?;
                    stop.iter_mut().for_each(|stop| stop.remedy.insert(0, offer.clone()));
                }
                let stop = stop.map(Box::new);
                return Err(PromotionRefusal::Stopped { version, obstacle, stop }.into());
            }
            (Step::Continue(_) | Step::Close | Step::EndBranch | Step::Push, _) => {
                return Ok(Attempt::Progress);
            }
        };
        tried.ours.push(candidate.promoted.as_ref().map_or(&draft.id, |promoted| &promoted.id).clone());
        match self.land_alone(&snapshot.tip(), &draft) {
            Ok(Landing::Landed) => Ok(Attempt::Progress),
            Ok(Landing::Raced) => Ok(Attempt::Raced),
            Err(refusal) => {
                let cause = Box::new(refusal.into());
                Err(PromotionRefusal::StillInPart { version, cause }.into())
            }
        }
    }

    /// What is missing of a promotion whose entry landed, with the entry that goes with it.
    fn continuation(
        &self,
        snapshot: &Snapshot,
        candidate: &Candidate,
        promoted: &Promoted,
        todo: Todo,
        permission: Option<Permission<'_>>,
    ) -> Result<Draft, Refusal> {
        let promotion = &promoted.promotion;
        let (version, entry) = (promotion.version, promoted.entry.clone());
        let mut refs = Vec::new();
        if todo.develop {
            let develop = snapshot.facts.develop.clone().ok_or(PromotionRefusal::LongLivedGone)?;
            // Where somebody put more on stable since, develop gets that too.
            let stable = snapshot.facts.stable.clone().filter(|_| !todo.stable);
            let stable = stable.unwrap_or_else(|| promotion.new_stable.clone());
            let made = self.merge_back(candidate, promoted, &develop, &stable)?;
            refs.push(RefUpdate::new(promotion.develop_branch.to_ref(), Some(&develop), Some(&made)));
        }
        if todo.stable {
            let moved = permission.as_ref().and_then(|permission| permission.move_stable(promotion));
            let obstacle = Obstacle::NotClear;
            refs.push(moved.ok_or(PromotionRefusal::Stopped { version, obstacle, stop: None })?);
        }
        refs.push(RefUpdate::new(RefName::tag(&promotion.tag), None, Some(&promotion.new_tag)));
        if todo.candidate && !snapshot.refs.is_shadowed(&promotion.branch.to_ref()) {
            refs.push(RefUpdate::new(promotion.branch.to_ref(), Some(&promotion.commit), None));
        }
        let reason = permission.and_then(|permission| permission.reason());
        let event = Event::PromotionContinued { version, entry, stable: todo.stable, reason };
        Ok(Draft { refs, ..self.draft(vec![event]) })
    }

    /// Merges the release into develop as it is now. Where nothing moved, it is the merge that was made first.
    fn merge_back(
        &self,
        candidate: &Candidate,
        promoted: &Promoted,
        develop: &CommitId,
        stable: &CommitId,
    ) -> Result<CommitId, Refusal> {
        let promotion = &promoted.promotion;
        let back = self.merge_into_develop(&candidate.cut, develop, stable)?;
        let Some(tree) = trial_merges::tree(&back).cloned() else {
            return Err(PromotionRefusal::DevelopLacksIt {
                version: promotion.version,
                stable: promotion.stable_branch.clone(),
                develop: promotion.develop_branch.clone(),
            }
            .into());
        };
        let Promoted { id, at, .. } = promoted;
        let message =
            format!("Merge tag '{}' into {}\n\n{TRAILER}: {id}", promotion.tag, promotion.develop_branch);
        self.write_merge(tree, vec![develop.clone(), stable.clone()], message, *at)
    }

    /// Merges a release into a stable that somebody else moved, and pushes that to a branch for review. Says what to
    /// do with it.
    fn offer_merge(&self, snapshot: &Snapshot, promoted: &Promoted) -> Result<String, Refusal> {
        let promotion = &promoted.promotion;
        let stable = snapshot.facts.stable.clone().ok_or(PromotionRefusal::LongLivedGone)?;
        let merged = self.repo.merge(&[(stable.clone(), promotion.new_stable.clone())])?.pop().flatten();
        let name = format!("allclear/merge-{}", promotion.version);
        let (Some(merged), Some(branch)) = (merged, RefName::from_git(&format!("refs/heads/{name}"))) else {
            return Ok(format!("{} and the release have no common history", promotion.stable_branch));
        };
        // With conflicts there is nothing to review: the rc itself is merged by whoever resolves them.
        if !merged.conflicts.is_empty() {
            let files = list(&merged.conflicts.keys().take(3).map(|file| plain(file)).collect::<Vec<_>>());
            return Ok(format!("merge {} into it and resolve {files}", promotion.new_stable));
        }
        if snapshot.refs.get(&branch).is_none() {
            let message = format!("Merge {} into {}", promotion.version, promotion.stable_branch);
            let parents = vec![stable, promotion.new_stable.clone()];
            let made = self.write_merge(merged.tree, parents, message, promoted.at)?;
            self.push_one(
                RefUpdate { name: branch, old: None, new: Some(made) },
                &format!("the branch {name}"),
            )?;
        }
        let stable = &promotion.stable_branch;
        Ok(format!(
            "review the branch {name}, which makes {stable} contain the release, and push it to {stable}"
        ))
    }

    /// Pushes one ref; fails where it has not moved afterwards.
    fn push_one(&self, update: RefUpdate, what: &str) -> Result<(), Refusal> {
        let answer = self.repo.push(std::slice::from_ref(&update))?;
        let refs = self.repo.refs()?;
        if refs.get(&update.name) == update.old.as_ref() {
            return Err(PushRefusal::refused(answer, what).into());
        }
        Ok(())
    }

    /// Ends the branch of a released candidate, where the push that should have done it was cut short.
    pub(crate) fn end_branch(&self, version: Version) -> Result<(), Refusal> {
        let snapshot = self.observe()?;
        match snapshot.facts.leftover.filter(|left| left.version == version) {
            Some(left) => {
                let update = RefUpdate { name: left.branch, old: Some(left.commit), new: None };
                self.push_one(update, &format!("the branch of {version}"))
            }
            None => Ok(()),
        }
    }

    /// Records that a candidate was found on stable without being clear. The first sight counts.
    pub(crate) fn note_landing(&self, version: Version) -> Result<(), Refusal> {
        self.decide(|snapshot| {
            let found = snapshot.judged(version, self.clock.now())?;
            let landing = snapshot.facts.candidates.get(&version).and_then(|seen| seen.landing.as_ref());
            let unclear = found.unfinished == Some(Step::Stop(Obstacle::LandedUnclear));
            let Some(landing) = landing.filter(|_| unclear) else { return Ok((self.draft(Vec::new()), ())) };
            let event = Event::LandingSeen {
                version,
                stable: landing.commit.clone(),
                commit: landing.rc.clone(),
                shape: landing.shape,
                by: landing.by.clone(),
                open: found.blockers().map(|b| format!("{}: {}", b.gate.name(), b.finding.summary)).collect(),
            };
            Ok((self.draft(vec![event]), ()))
        })
    }
}
