//! How a candidate is promoted, and when its release is over.

use crate::ledger::actor::Actor;
use crate::ledger::entry::Entry;
use crate::ledger::event::ReportOutcome;
use crate::ledger::promotion::Promotion;
use crate::policy::AfterStep;
use crate::project::notified::forget;
use crate::project::people::Report;
use crate::project::state::{Candidate, Project, Promoted, Release};
use crate::project::steps::Mark;
use crate::project::trust::{Level, told_by};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// How many releases keep what they stand on, beside the record of them; and how many of them do where nothing
/// follows any more. An entry alone can tell that a release is over, also of one that never was.
const FOLLOWED: usize = 20;
const DOUBTED: usize = 4;

impl Release {
    /// Tells whether nothing is left to be done after it.
    pub fn is_through(&self) -> bool {
        let done = |step: &AfterStep| {
            self.steps.get(&step.name).is_some_and(|progress| matches!(progress.mark, Mark::Done(_)))
        };
        self.after.iter().all(done)
    }
}

impl Project {
    /// Notes a promotion. A second one of the same candidate changes nothing, and neither does one of a candidate
    /// that is not open: such entries are forged.
    pub(in crate::project) fn promoted(
        &mut self,
        promotion: &Promotion,
        entry: &Entry,
        commit: &CommitId,
        level: &Level,
    ) {
        self.tag_entries.insert(entry.id.clone());
        let open = self.candidates.get(&promotion.version).is_some_and(|c| c.promoted.is_none());
        if !open {
            return;
        }
        self.close_others(promotion.version);
        let before = Box::new(self.excerpt(promotion.version));
        forget(&mut self.told, &format!("{} ", promotion.version));
        let promoted = Promoted {
            promotion: promotion.clone(),
            entry: commit.clone(),
            id: entry.id.clone(),
            at: self.at,
            by: Actor { who: told_by(entry, level).into(), ..entry.by.clone() },
            level: level.clone(),
            facts: entry.facts.clone(),
            before,
            continued: None,
            moved: false,
            completed: None,
        };
        self.with(promotion.version, |c| {
            c.promoted = Some(Box::new(promoted));
            (c.refused, c.landed) = (None, None);
        });
    }

    pub(in crate::project) fn continued(
        &mut self,
        version: Version,
        entry: &CommitId,
        stable: bool,
        reason: Option<&String>,
    ) {
        let record = stable.then(|| (Box::new(self.excerpt(version)), self.at));
        let promoted = self.candidates.get_mut(&version).and_then(|c| c.promoted.as_deref_mut());
        if let Some(promoted) = promoted.filter(|p| p.entry == *entry) {
            // Nothing else of it is believed: whether the promotion holds is its own entry's affair.
            promoted.moved |= !stable;
            promoted.continued = record.or(promoted.continued.take());
            promoted.completed = promoted.completed.take().or_else(|| reason.cloned());
        }
    }

    /// Closes all promotions but one: what this entry tells is only begun when none is unfinished.
    pub(in crate::project) fn close_others(&mut self, but: Version) {
        let done = |(version, candidate): (&Version, &Candidate)| {
            (*version != but && candidate.promoted.is_some()).then_some(*version)
        };
        for version in self.candidates.iter().filter_map(done).collect::<Vec<_>>() {
            self.close(version);
        }
    }

    /// Turns a candidate whose promotion is on record into a release: its refs followed.
    pub fn close(&mut self, version: Version) {
        let promoted = self.candidates.get(&version).is_some_and(|c| c.promoted.is_some());
        let Some(candidate) = promoted.then(|| self.candidates.remove(&version)).flatten() else { return };
        let Some(evidence) = candidate.promoted else { return };
        let (promotion, id, at) = (evidence.promotion.clone(), evidence.id.clone(), evidence.at);
        let late = |r: &Report| r.outcome == ReportOutcome::Bad && r.at >= at;
        let late: Vec<Report> = candidate.reports.into_iter().filter(late).collect();
        for rc in &candidate.rcs {
            self.checks.remove(&rc.commit);
            self.experiments.forget(&rc.commit);
        }
        if candidate.cut.kind.is_regular() {
            self.last_ended = self.last_ended.max(Some(at));
        }
        let release = Release {
            tag: promotion.tag,
            commit: promotion.commit,
            stable: promotion.new_stable,
            object: promotion.new_tag,
            at,
            entry: id,
            landed: promotion.landed,
            cut_at: candidate.cut_at,
            rc: candidate.rcs.last().map_or(0, |rc| rc.n),
            branch: promotion.branch,
            stable_branch: promotion.stable_branch,
            policy_from: candidate.policy_from,
            after: candidate.cut.policy.after,
            steps: BTreeMap::new(),
            reports: late,
            trust: candidate.cut.policy.trust,
            evidence: Some(evidence),
        };
        self.releases.insert(version, release);
        let mut followed: Vec<&mut Release> =
            self.releases.values_mut().filter(|release| release.evidence.is_some()).collect();
        followed.sort_by_key(|release| Reverse(release.at));
        for (newer, release) in followed.into_iter().enumerate() {
            // Nothing follows an older release any more whose steps are done.
            if newer >= FOLLOWED || (newer >= DOUBTED && release.is_through()) {
                release.evidence = None;
            }
        }
    }

    /// Takes back that a promotion is over, for an entry that does not hold.
    pub fn reopen(&mut self, version: Version) {
        let Some(evidence) = self.releases.get_mut(&version).and_then(|release| release.evidence.take())
        else {
            return;
        };
        let Some(candidate) = evidence.before.candidates.get(&version).cloned() else { return };
        self.releases.remove(&version);
        self.candidates.insert(version, Candidate { promoted: Some(evidence), ..candidate });
    }

    /// Reduces the record to what one candidate is judged by.
    fn excerpt(&self, version: Version) -> Self {
        let candidate = self.candidates.get(&version);
        let commit = candidate.map(Candidate::commit);
        let results = commit.and_then(|commit| Some((commit.clone(), self.checks.get(commit)?.clone())));
        Self {
            root: self.root.clone(),
            head: self.head.clone(),
            at: self.at,
            // Without the promotion's own entry, which is the newest.
            latest_claim: self.latest_claim.clone().filter(|(entry, _)| Some(entry) != self.head.as_ref()),
            candidates: candidate
                .map(|c| (version, Candidate { promoted: None, ..c.clone() }))
                .into_iter()
                .collect(),
            freezes: self.freezes.clone(),
            checks: results.into_iter().collect(),
            experiments: commit.map(|commit| self.experiments.only(commit)).unwrap_or_default(),
            accepted: self.accepted.clone(),
            releases: self
                .releases
                .last_key_value()
                .map(|(version, release)| (*version, Release { evidence: None, ..release.clone() }))
                .into_iter()
                .collect(),
            needs: self.needs,
            troubles: self.troubles.clone(),
            moved_to: self.moved_to.clone(),
            ..Self::default()
        }
    }
}
