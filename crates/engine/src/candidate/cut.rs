//! Cuts a candidate from develop: branch, first rc and ledger entry in one atomic push.

use super::free_name::ensure_free;
use super::version::versions_taken;
use crate::ledger::start::started;
use crate::{CandidateRefusal, Engine, LedgerRefusal, Refusal, Snapshot};
use allclear_core::history::bump;
use allclear_core::ledger::event::{Cut, Event};
use allclear_core::policy::{Policy, WhenBusy, digest};
use allclear_core::port::RefUpdate;
use allclear_core::types::cut_kind::CutKind;
use allclear_core::{Branch, RefName, Version};
use jiff::Timestamp;

/// What a cut shall be.
#[derive(Debug, Clone, Default)]
pub struct CutWish {
    /// The version; `None` chooses it from what changed.
    pub version: Option<Version>,
    /// The slot it takes; `None` for a cut by hand.
    pub slot: Option<Timestamp>,
    /// Whether a ledger may be created: a person said so.
    pub may_found: bool,
}

/// What a cut is going to be.
#[derive(Debug, Clone)]
pub struct CutPlan {
    /// All that goes on record.
    pub cut: Cut,
    /// The first rc's tag.
    pub tag: String,
    /// The files that the version commit changes; empty where there is none.
    pub changed: Vec<String>,
    /// How many commits of stable it lacks; zero is right.
    pub lacks_stable: usize,
    pub refs: Vec<RefUpdate>,
}

impl Engine<'_> {
    /// Cuts a candidate.
    pub fn cut(&self, wish: &CutWish) -> Result<CutPlan, Refusal> {
        self.decide(|snapshot| {
            if snapshot.project.head.is_none() && !wish.may_found {
                return Err(LedgerRefusal::MustBeStarted { how: "allclear cut --yes" }.into());
            }
            let mut draft = self.draft(Vec::new());
            let (plan, tagged) = self.plan_cut(snapshot, wish, &draft.id)?;
            if snapshot.project.head.is_none() {
                draft.events.push(started(&plan.cut.policy, Vec::new(), None));
            }
            draft.events.push(Event::CandidateCut(Box::new(plan.cut.clone())));
            draft.events.push(tagged);
            draft.refs.clone_from(&plan.refs);
            draft.facts = Some(serde_json::json!({
                "stable": plan.cut.stable, "develop": plan.cut.from, "rules": allclear_core::RULES,
                "highest": snapshot.facts.released.last_key_value().map(|(v, _)| v),
            }));
            Ok((draft, plan))
        })
    }

    /// Says what a cut would be. Changes nothing on the server.
    pub fn cut_dry(&self, wish: &CutWish) -> Result<CutPlan, Refusal> {
        let snapshot = self.observe()?;
        snapshot.may_decide(self.clock.now())?;
        Ok(self.plan_cut(&snapshot, wish, &self.clock.fresh_id())?.0)
    }

    fn plan_cut(
        &self,
        snapshot: &Snapshot,
        wish: &CutWish,
        entry: &str,
    ) -> Result<(CutPlan, Event), Refusal> {
        let (policy, _) = snapshot.policy()?;
        // A wrong version is the caller's own mistake, and is said before anything else.
        if let Some(wanted) = wish.version {
            bump::check(wanted, &versions_taken(snapshot)).map_err(CandidateRefusal::BadVersion)?;
        }
        self.may_cut(snapshot, policy, wish)?;
        let branches = &policy.branches;
        let absent = |branch: &Branch| CandidateRefusal::NoBranch(branch.clone());
        let stable = snapshot.facts.stable.clone().ok_or_else(|| absent(&branches.stable))?;
        let from = snapshot.facts.develop.clone().ok_or_else(|| absent(&branches.develop))?;
        let choice = self.choose(snapshot, policy, wish.version, &stable, &from)?;
        let version = choice.version;
        let branch = branches.candidate.branch(version);
        ensure_free(&snapshot.refs, &branch.to_ref())?;
        let tags = snapshot.facts.tags.clone();
        ensure_free(&snapshot.refs, &RefName::tag(&tags.release(version)))?;
        let (head, files, changed) = self.version_commit(snapshot, policy, version, &from)?;
        let cut = Cut {
            version,
            branch: branch.clone(),
            slot: wish.slot,
            kind: CutKind::Regular,
            reason: None,
            from: from.clone(),
            head: head.clone(),
            stable,
            bump: choice.bump,
            reasons: choice.reasons,
            tags: tags.clone(),
            version_files: files,
            policy: policy.clone(),
            digest: digest(policy),
        };
        let (event, tag) = self.tagged(&snapshot.refs, &tags, version, 1, &head, entry)?;
        let graph = self.repo.graph(&[cut.from.clone(), cut.stable.clone()])?;
        let lacks_stable = graph.only(&cut.stable, &[&cut.from]).len();
        let refs = vec![RefUpdate { name: branch.to_ref(), old: None, new: Some(head) }, tag];
        Ok((CutPlan { tag: tags.candidate(version, 1), cut, changed, lacks_stable, refs }, event))
    }

    fn may_cut(&self, snapshot: &Snapshot, policy: &Policy, wish: &CutWish) -> Result<(), Refusal> {
        snapshot.may_act()?;
        let now = self.clock.now();
        snapshot.none_unfinished(now)?;
        if let Some((until, why)) = active_freeze(snapshot, policy, now) {
            return Err(CandidateRefusal::CutsFrozen { until, why }.into());
        }
        let overlap = policy.train.as_ref().is_some_and(|t| t.when_busy == WhenBusy::Overlap);
        // A hotfix holds no train up.
        let candidates = snapshot.project.candidates.iter();
        let mut riding = candidates.filter(|(v, c)| c.cut.kind.is_regular() && !snapshot.facts.is_void(**v));
        if let Some((open, _)) = riding.next().filter(|_| !overlap) {
            return Err(CandidateRefusal::StillOpen(*open).into());
        }
        if wish.slot.is_some() && snapshot.project.slot >= wish.slot {
            return Err(CandidateRefusal::SlotTaken.into());
        }
        if !snapshot.facts.has_changes() {
            return Err(CandidateRefusal::NothingNew { develop: policy.branches.develop.clone() }.into());
        }
        Ok(())
    }
}

/// Gives the freeze that stops cuts now: until when, and why.
pub(crate) fn active_freeze(
    snapshot: &Snapshot,
    policy: &Policy,
    now: Timestamp,
) -> Option<(Timestamp, String)> {
    let in_policy = policy
        .freezes
        .iter()
        .filter(|f| f.stops.cuts() && f.from <= now && f.until > now)
        .map(|f| (f.until, &f.reason));
    let on_record = snapshot
        .project
        .freezes_from(now, policy.trust)
        .filter(|f| f.stops.cuts())
        .map(|f| (f.until, &f.reason));
    let (until, why) = in_policy.chain(on_record).max()?;
    Some((until, allclear_core::types::text::short(why, 100)))
}
