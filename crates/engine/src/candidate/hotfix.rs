//! Cuts a hotfix: a candidate from stable, beside whatever rides.

use super::cut::active_freeze;
use super::free_name::ensure_free;
use crate::ledger::start::started;
use crate::people::reason::reason;
use crate::{CandidateRefusal, CutPlan, Engine, LedgerRefusal, Refusal, Snapshot};
use allclear_core::ledger::event::{Cut, Event};
use allclear_core::policy::{Policy, WhenBusy, digest};
use allclear_core::port::RefUpdate;
use allclear_core::types::cut_kind::CutKind;
use allclear_core::{Branch, CommitId, RefName, Version};

/// What a hotfix shall be.
#[derive(Debug, Clone, Default)]
pub struct HotfixWish {
    /// The version; `None` chooses the next patch of the last release.
    pub version: Option<Version>,
    /// Why it is needed, for the record.
    pub reason: String,
    /// Whether a ledger may be created: a person said so.
    pub may_found: bool,
}

/// What a hotfix is going to be.
#[derive(Debug, Clone)]
pub struct HotfixPlan {
    pub plan: CutPlan,
    /// The open candidates that get it, each as a new rc, when it is released.
    pub riding: Vec<Version>,
    /// The freeze of cuts that it does not wait for.
    pub despite: Option<String>,
}

impl Engine<'_> {
    /// Cuts a hotfix from stable.
    pub fn hotfix(&self, wish: &HotfixWish) -> Result<HotfixPlan, Refusal> {
        let why = reason(&wish.reason)?;
        self.decide(|snapshot| {
            if snapshot.project.head.is_none() && !wish.may_found {
                let how = "allclear hotfix --yes --reason TEXT";
                return Err(LedgerRefusal::MustBeStarted { how }.into());
            }
            let mut draft = self.draft(Vec::new());
            let (hotfix, tagged) = self.plan_hotfix(snapshot, wish, &why, &draft.id)?;
            let cut = &hotfix.plan.cut;
            if snapshot.project.head.is_none() {
                draft.events.push(started(&cut.policy, Vec::new(), None));
            }
            draft.events.extend([Event::CandidateCut(Box::new(cut.clone())), tagged]);
            draft.refs.clone_from(&hotfix.plan.refs);
            draft.facts = Some(serde_json::json!({
                "stable": cut.stable, "develop": snapshot.facts.develop, "rules": allclear_core::RULES,
                "highest": snapshot.facts.released.last_key_value().map(|(v, _)| v),
                "riding": hotfix.riding,
            }));
            Ok((draft, hotfix))
        })
    }

    /// Says what a hotfix would be. Changes nothing on the server.
    pub fn hotfix_dry(&self, wish: &HotfixWish) -> Result<HotfixPlan, Refusal> {
        let why = reason(&wish.reason)?;
        let snapshot = self.observe()?;
        snapshot.may_decide(self.clock.now())?;
        Ok(self.plan_hotfix(&snapshot, wish, &why, &self.clock.fresh_id())?.0)
    }

    fn plan_hotfix(
        &self,
        snapshot: &Snapshot,
        wish: &HotfixWish,
        why: &str,
        entry: &str,
    ) -> Result<(HotfixPlan, Event), Refusal> {
        let (policy, _) = snapshot.policy()?;
        let Snapshot { project, facts, refs, .. } = snapshot;
        let absent = |branch: &Branch| CandidateRefusal::NoBranch(branch.clone());
        let from = facts.stable.clone().ok_or_else(|| absent(&policy.branches.stable))?;
        // Promotion ends with a merge into develop.
        if facts.develop.is_none() {
            return Err(absent(&policy.branches.develop).into());
        }
        let open = project.candidates.iter().filter(|(version, _)| !facts.is_void(**version));
        let (regular, hotfixes): (Vec<_>, Vec<_>) = open.partition(|(_, c)| c.cut.kind.is_regular());
        let riding: Vec<Version> = regular.into_iter().map(|(version, _)| *version).collect();
        let choice = self.choose_hotfix(snapshot, policy, wish.version, &riding, &from)?;
        self.may_hotfix(snapshot, policy, hotfixes.first().map(|(version, _)| **version))?;

        let (version, tags) = (choice.version, facts.tags.clone());
        let branch = policy.branches.candidate.branch(version);
        ensure_free(refs, &branch.to_ref())?;
        ensure_free(refs, &RefName::tag(&tags.release(version)))?;
        // What it fixes comes after its cut, so that there is no section to write yet.
        let present = Policy { changelog_file: None, ..self.with_present_files(policy, &from)? };
        let (head, version_files, changed) = self.version_commit(snapshot, &present, version, &from)?;
        let policy = policy.of(CutKind::Hotfix);
        let (tagged, tag) = self.tagged(refs, &tags, version, 1, &head, entry)?;
        let refs = vec![RefUpdate { name: branch.to_ref(), old: None, new: Some(head.clone()) }, tag];
        let despite = active_freeze(snapshot, &policy, self.clock.now())
            .map(|(until, why)| format!("cuts are frozen until {until}: {why}"));
        let cut = Cut {
            version,
            branch,
            slot: None,
            kind: CutKind::Hotfix,
            reason: Some(why.to_owned()),
            stable: from.clone(),
            from,
            head,
            bump: choice.bump,
            reasons: choice.reasons,
            tags: tags.clone(),
            version_files,
            digest: digest(&policy),
            policy,
        };
        let plan = CutPlan { tag: tags.candidate(version, 1), cut, changed, lacks_stable: 0, refs };
        Ok((HotfixPlan { plan, riding, despite }, tagged))
    }

    /// Leaves out version files that came to develop after the last release.
    fn with_present_files(&self, policy: &Policy, from: &CommitId) -> Result<Policy, Refusal> {
        let mut policy = policy.clone();
        if let Some(files) = &mut policy.version.files {
            let paths: Vec<String> = files.iter().map(|f| f.path.clone()).collect();
            let there = self.repo.files(from, &paths)?;
            files.retain(|file| there.contains_key(&file.path));
        }
        Ok(policy)
    }

    /// Refuses while another hotfix is open, or while a promotion is about to move what it is cut from.
    fn may_hotfix(&self, snapshot: &Snapshot, policy: &Policy, open: Option<Version>) -> Result<(), Refusal> {
        snapshot.may_act()?;
        snapshot.none_unfinished(self.clock.now())?;
        let overlap = policy.train.as_ref().is_some_and(|t| t.when_busy == WhenBusy::Overlap);
        match open.filter(|_| !overlap) {
            Some(open) => Err(CandidateRefusal::HotfixStillOpen(open).into()),
            None => Ok(()),
        }
    }
}
