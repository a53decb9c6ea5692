//! How a candidate begins and ends.

use crate::ledger::entry::{Entry, TOLERANCE};
use crate::ledger::event::Cut;
use crate::project::state::{Candidate, Project, Withdrawal};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

impl Project {
    pub(in crate::project) fn cut(&mut self, cut: &Cut, entry: &Entry, at: Timestamp) {
        self.slot = self.slot.max(cut.slot.filter(|slot| *slot <= TOLERANCE.after(at)));
        if cut.kind.is_regular() {
            self.last_cut = Some(cut.from.clone());
        }
        let develop = &cut.policy.branches.develop;
        self.founded_on.get_or_insert_with(|| develop.clone());
        self.develop = Some(develop.clone());
        let heads = BTreeMap::from([(cut.head.clone(), at)]);
        // A hotfix leaves stable, and is judged by the policy on develop.
        let seen = entry.facts.as_ref().and_then(|facts| facts["develop"].as_str());
        let develop = seen.and_then(|id| CommitId::parse(id).ok()).filter(|_| !cut.kind.is_regular());
        let candidate = Candidate {
            cut: cut.clone(),
            policy_from: develop.unwrap_or_else(|| cut.from.clone()),
            adopted: false,
            cut_at: at,
            by: entry.by.clone(),
            rcs: Vec::new(),
            heads,
            approvals: Vec::new(),
            waivers: Vec::new(),
            reports: Vec::new(),
            reporters: BTreeSet::new(),
            hold: None,
            requested: None,
            promoted: None,
            refused: None,
            landed: None,
            carried: None,
        };
        // A version is cut once; a second entry for it (a forged one) changes nothing.
        if !self.releases.contains_key(&cut.version) && !self.withdrawn.contains_key(&cut.version) {
            self.candidates.entry(cut.version).or_insert(candidate);
        }
    }

    /// Ends a candidate without a release; gives what is known of one that ended so before.
    pub(in crate::project) fn ended(
        &mut self,
        version: Version,
        reason: &str,
        by: &str,
    ) -> Option<Withdrawal> {
        let open = self.candidates.get(&version).is_some_and(|c| c.promoted.is_none());
        let Some(candidate) = open.then(|| self.candidates.remove(&version)).flatten() else {
            return self.withdrawn.get(&version).cloned();
        };
        for rc in &candidate.rcs {
            self.checks.remove(&rc.commit);
            self.experiments.forget(&rc.commit);
        }
        let Cut { kind, branch, .. } = candidate.cut;
        if kind.is_regular() {
            self.last_ended = Some(self.at);
            // Its commits count as new again.
            let others = self.candidates.values().filter(|c| c.cut.kind.is_regular());
            self.last_cut = others.max_by_key(|c| c.cut_at).map(|c| c.cut.from.clone());
        }
        Some(Withdrawal {
            kind,
            branch,
            reason: reason.to_owned(),
            by: by.to_owned(),
            at: self.at,
            head: None,
            archives: Vec::new(),
            fixes: Vec::new(),
        })
    }

    pub(in crate::project) fn with(&mut self, version: Version, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = self.candidates.get_mut(&version) {
            change(candidate);
        }
    }
}
