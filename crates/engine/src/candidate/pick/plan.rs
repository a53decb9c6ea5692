//! Picks fixes from develop onto a candidate: built in the private store, pushed only onto the head that
//! was judged.

use super::apply::Applied;
use super::onto::Onto;
use super::outcome::{OnePick, PickWish, Picked, Picking, SkipReason, SkippedPick};
use crate::engine::healed;
use crate::ledger::append::unknown;
use crate::{CandidateRefusal, Engine, LedgerRefusal, Note, PushRefusal, Refusal, Snapshot};
use allclear_core::decide::pick::{Train, train};
use allclear_core::history::fixes::revert_of;
use allclear_core::history::pick::{in_order, picked_from};
use allclear_core::port::{RefUpdate, RepoError};
use allclear_core::types::text::short;
use allclear_core::{Branch, CommitId};
use std::collections::BTreeMap;

/// How often a pick is made anew because somebody moved the branch.
const TRIES: u32 = 5;

impl Engine<'_> {
    /// Brings fixes from develop onto a candidate, all or none.
    pub fn pick(&self, wish: &PickWish) -> Result<Picked, Refusal> {
        healed(|| self.pick_until_landed(wish))
    }

    fn pick_until_landed(&self, wish: &PickWish) -> Result<Picked, Refusal> {
        let mut before: Option<Snapshot> = None;
        for _ in 0..TRIES {
            let snapshot = self.observe()?;
            if let Some(before) = &before {
                self.note(Note::Overtaken { by: self.overtaken_by(before, &snapshot)? });
            }
            snapshot.may_decide(self.clock.now())?;
            let picked = self.plan_pick(&snapshot, wish)?;
            match &picked {
                Picked::Aboard(p) if !wish.dry_run && p.new != p.old => {
                    if self.moved(&p.branch, &p.old, &p.new)? {
                        return Ok(picked);
                    }
                }
                Picked::Aboard(_) | Picked::Clash(_) => return Ok(picked),
            }
            self.pause();
            before = Some(snapshot);
        }
        Err(CandidateRefusal::BranchKeepsMoving.into())
    }

    fn plan_pick(&self, snapshot: &Snapshot, wish: &PickWish) -> Result<Picked, Refusal> {
        let onto = self.onto(snapshot, wish.version)?;
        let mut wanted = Vec::new();
        for text in &wish.commits {
            let commit = self.resolve_commit(snapshot, text)?;
            if !wanted.contains(&commit) {
                wanted.push(commit);
            }
        }
        let mut idle = Vec::new();
        let mut open = Vec::new();
        for commit in wanted {
            if self.is_within(&onto.graph, &onto.head, &commit)? {
                let subject = self.subject(&onto.graph, &commit)?;
                idle.push(SkippedPick { commit, subject, why: SkipReason::AlreadyThere });
            } else if self.is_within(&onto.graph, &onto.develop, &commit)? {
                open.push(commit);
            } else {
                let develop = onto.candidate.cut.policy.branches.develop.clone();
                let subject = self.subject(&onto.graph, &commit)?;
                return Err(CandidateRefusal::NotOnDevelop { commit, subject, develop }.into());
            }
        }
        let open = in_order(&open, &onto.graph.order);
        let twins = self.aboard(&onto, &open)?;
        let fresh: Vec<CommitId> = open.iter().filter(|id| !twins.contains_key(*id)).cloned().collect();
        self.only_welcome(snapshot, &onto, &fresh)?;
        let mut head = onto.head.clone();
        let mut picks = Vec::new();
        for commit in open {
            let info = &onto.graph.commits[&commit];
            let subject = short(info.message.lines().next().unwrap_or_default(), 120);
            if let Some(why) = twins.get(&commit) {
                idle.push(SkippedPick { commit, subject, why: why.clone() });
                continue;
            }
            let base = match info.parents.first() {
                Some(parent) => parent.clone(),
                None => self.repo.write_tree(None, &BTreeMap::new())?,
            };
            let trees = self.repo.trees(&[base.clone(), head.clone(), commit.clone()])?;
            if trees[0] == trees[2] {
                idle.push(SkippedPick { commit, subject, why: SkipReason::Empty });
                continue;
            }
            match self.apply(&onto, [&base, &head, &commit])? {
                Applied::Conflict(merged) => {
                    return Ok(Picked::Clash(self.clash(&onto, head, commit, subject, &merged)?));
                }
                Applied::Clean { tree, .. } if tree == trees[1] => {
                    idle.push(SkippedPick { commit, subject, why: SkipReason::NothingLeft });
                }
                Applied::Clean { tree, kept } => {
                    let made = self.write_pick(&onto.graph, &commit, tree, &head)?;
                    head.clone_from(&made);
                    picks.push(OnePick { commit, subject, made, kept });
                }
            }
        }
        let Onto { version, candidate, .. } = onto;
        let now = self.clock.now();
        let found = snapshot.assessed(version, now);
        let policy = &candidate.cut.policy;
        let train = found.map_or(Train::Free, |found| train(policy, &found, now));
        Ok(Picked::Aboard(Box::new(Picking {
            version,
            branch: candidate.cut.branch.clone(),
            old: onto.head,
            new: head,
            picks,
            idle,
            rc: candidate.rc_number() + 1,
            settle: policy.settle,
            train,
        })))
    }

    /// Finds what came on board since the cut that is the same change as one of `open`.
    fn aboard(&self, onto: &Onto<'_>, open: &[CommitId]) -> Result<BTreeMap<CommitId, SkipReason>, Refusal> {
        let graph = &onto.graph;
        let since = graph.only(&onto.head, &[&onto.candidate.cut.head]);
        let mut gone = Vec::new();
        // Newest first: a revert that was itself taken back takes nothing back.
        for id in &since {
            if let Some(of) = revert_of(&graph.commits[id].message).filter(|_| !gone.contains(id)) {
                gone.push(of);
            }
        }
        let there: Vec<CommitId> = since.into_iter().filter(|id| !gone.contains(id)).collect();
        let mut found = BTreeMap::new();
        if there.is_empty() || open.is_empty() {
            return Ok(found);
        }
        for id in &there {
            for of in picked_from(&graph.commits[id].message).filter(|of| open.contains(of)) {
                found.insert(of, SkipReason::PickedAs(id.clone()));
            }
        }
        let patches = self.repo.patch_ids(open, false)?;
        let known: BTreeMap<String, CommitId> =
            self.repo.patch_ids(&there, false)?.into_iter().map(|(id, patch)| (patch, id)).collect();
        for (id, patch) in patches {
            if let Some(same) = known.get(&patch) {
                found.insert(id, SkipReason::SamePatch(same.clone()));
            }
        }
        Ok(found)
    }

    /// Moves a branch from `old` to `new`; `false` where somebody else moved it first. The refs decide.
    fn moved(&self, branch: &Branch, old: &CommitId, new: &CommitId) -> Result<bool, Refusal> {
        let name = branch.to_ref();
        let update = [RefUpdate { name: name.clone(), old: Some(old.clone()), new: Some(new.clone()) }];
        let mut answer = self.repo.push(&update);
        for attempt in 0.. {
            let sent = !matches!(answer, Err(RepoError::Unavailable(_) | RepoError::NotFound(_)));
            let refs = self.repo.refs().map_err(|e| unknown(e, sent))?;
            match (refs.get(&name), &answer) {
                (Some(now), _) if now == new => return Ok(true),
                (Some(now), _) if now == old && attempt == 0 => answer = self.repo.push(&update),
                (Some(now), Ok(answer)) if now == old => {
                    let doing = format!("the branch {branch}");
                    return Err(PushRefusal::refused(answer.clone(), doing).into());
                }
                (Some(now), Err(_)) if now == old => break,
                (Some(_) | None, _) => {
                    // Somebody may have gone on from ours already.
                    let refs = self.repo.observe()?;
                    let head = refs.get(&name);
                    return Ok(head
                        .map(|head| self.repo.is_ancestor(new, head))
                        .transpose()?
                        .unwrap_or(false));
                }
            }
        }
        Err(answer.err().map_or_else(|| LedgerRefusal::Busy.into(), Refusal::from))
    }
}
