//! How a candidate begins and ends.

use crate::ledger::entry::Entry;
use crate::ledger::event::Cut;
use crate::project::notified::forget;
use crate::project::state::{Candidate, Flight, Project, Release, Withdrawal};
use crate::types::object_id::OperationId;
use crate::types::version::Version;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

impl Project {
    pub(in crate::project) fn cut(&mut self, cut: &Cut, entry: &Entry, at: Timestamp) {
        self.slot = self.slot.max(cut.slot);
        if cut.kind.is_regular() {
            self.last_cut = Some(cut.from.clone());
        }
        let develop = &cut.policy.branches.develop;
        self.founded_on.get_or_insert_with(|| develop.clone());
        self.develop = Some(develop.clone());
        let heads = BTreeMap::from([(cut.head.clone(), at)]);
        let candidate = Candidate {
            cut: cut.clone(),
            policy_from: cut.from.clone(),
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
            operation: None,
            refused: None,
            carried: None,
        };
        // A version is cut once; a second entry for it (a forged one) changes nothing.
        if !self.releases.contains_key(&cut.version) && !self.withdrawn.contains_key(&cut.version) {
            self.candidates.entry(cut.version).or_insert(candidate);
        }
    }

    pub(in crate::project) fn release(&mut self, operation: &OperationId, version: Version, at: Timestamp) {
        let Some(candidate) = self.candidates.get(&version) else { return };
        let Some(flight) = candidate.operation.as_ref().filter(|f| f.plan.id == *operation) else { return };
        let release = Release {
            tag: flight.plan.tag.clone(),
            commit: flight.plan.commit.clone(),
            stable: flight.plan.new_stable.clone(),
            object: flight.plan.new_tag.clone(),
            at,
            operation: operation.clone(),
            cut_at: candidate.cut_at,
            rc: candidate.rcs.last().map_or(0, |rc| rc.n),
            stable_branch: flight.plan.stable_branch.clone(),
            policy_from: candidate.policy_from.clone(),
            after: candidate.cut.policy.after.clone(),
            steps: BTreeMap::new(),
        };
        forget(&mut self.told, &format!("{version} "));
        for rc in &candidate.rcs {
            self.checks.remove(&rc.commit);
            self.experiments.forget(&rc.commit);
        }
        if candidate.cut.kind.is_regular() {
            self.last_ended = Some(at);
        }
        self.candidates.remove(&version);
        self.releases.insert(version, release);
    }

    /// Ends a candidate without a release; gives what is known of one that ended so before.
    pub(in crate::project) fn ended(
        &mut self,
        version: Version,
        reason: &str,
        by: &str,
    ) -> Option<Withdrawal> {
        let Some(candidate) = self.candidates.remove(&version) else {
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

    pub(in crate::project) fn in_flight(
        &mut self,
        operation: &OperationId,
        change: impl FnOnce(&mut Flight),
    ) {
        let flight = self.candidates.values_mut().filter_map(|c| c.operation.as_mut());
        if let Some(flight) = flight.into_iter().find(|f| f.plan.id == *operation) {
            change(flight);
        }
    }
}
