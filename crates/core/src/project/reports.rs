//! What users said of a candidate: each person's last report on each rc.

use crate::ledger::authority::Authority;
use crate::ledger::event::ReportOutcome;
use crate::ledger::signature::Fingerprint;
use crate::policy::Trust;
use crate::project::people::{Report, overlap};
use crate::project::state::{Candidate, Rc, Release};
use crate::project::trust::{Key, is_vouched};
use crate::types::object_id::CommitId;
use crate::types::version::RcNumber;
use std::collections::{BTreeMap, BTreeSet};

/// By what the person who made a report is known again.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reporter<'a> {
    /// A pseudonym that anybody can claim.
    Claimed(&'a str),
    /// The name that the ledger gives the key.
    Signer(&'a str),
    /// A key that is no signer's.
    Key(&'a Fingerprint),
}

impl Report {
    /// Tells whether it counts as a good word. Where signatures count, it takes a signer's.
    fn is_good(&self, trust: Trust) -> bool {
        let signed = || is_vouched(Authority::Signer, &self.level);
        self.outcome == ReportOutcome::Good && (trust == Trust::Claimed || signed())
    }

    /// Gives who made it; by the address, where there was one, since two people may have one name. Where signatures
    /// count, what was signed was said by the key alone.
    fn reporter(&self, trust: Trust) -> Option<Reporter<'_>> {
        match (trust, self.level.stated()) {
            (Trust::Signed, Some(Key { name: Some(name), .. })) => Some(Reporter::Signer(name)),
            (Trust::Signed, Some(key)) => Some(Reporter::Key(&key.fingerprint)),
            (Trust::Signed, None) | (Trust::Claimed, _) => {
                self.person.last().map(|pseudonym| Reporter::Claimed(pseudonym))
            }
        }
    }

    /// Gives the pseudonyms that a good word takes bad news back by: where signatures count, the signer's.
    fn names(&self, trust: Trust) -> &[String] {
        match (trust, self.outcome) {
            (Trust::Signed, ReportOutcome::Good) => &self.signer,
            (Trust::Signed, ReportOutcome::Bad) | (Trust::Claimed, _) => &self.person,
        }
    }

    /// Tells whether it takes the place of an earlier report on the same rc. A claim never takes the place of what
    /// was signed.
    fn replaces(&self, old: &Self, trust: Trust) -> bool {
        if trust == Trust::Signed && old.level.stated().is_some() {
            return self.level.stated().is_some() && self.reporter(trust) == old.reporter(trust);
        }
        match old.outcome {
            ReportOutcome::Good => overlap(&old.person, &self.person),
            ReportOutcome::Bad => {
                let counts = self.outcome == ReportOutcome::Bad || self.is_good(trust);
                counts && old.person.last().is_some_and(|last| self.names(trust).contains(last))
            }
        }
    }
}

impl Release {
    /// Keeps a bad report that came too late to stop it.
    pub(in crate::project) fn file(&mut self, report: Report) {
        if report.outcome == ReportOutcome::Bad {
            self.reports.retain(|old| !report.replaces(old, self.trust));
            self.reports.push(report);
        }
    }

    /// Counts the bad reports that nobody answered.
    pub fn bad_reports(&self) -> usize {
        self.reports.iter().filter(|report| report.answer.is_none()).count()
    }
}

impl Candidate {
    /// Takes a report in place of what the same person said of the same rc. Who says the same bad thing
    /// again has said it since the first time.
    pub(in crate::project) fn file(&mut self, mut report: Report) {
        let tried = |rc: &Rc| rc.n == report.rc && rc.commit == report.commit;
        // A good report needs an existing rc; a bad one always counts.
        if report.outcome == ReportOutcome::Good && !self.rcs.iter().any(tried) {
            return;
        }
        let trust = self.cut.policy.trust;
        let known = report.person.iter().any(|pseudonym| self.reporters.contains(pseudonym));
        self.reporters.extend(report.person.iter().cloned());
        if known {
            self.reports.retain(|old| {
                let replaced = old.rc == report.rc && report.replaces(old, trust);
                if replaced && old.outcome == report.outcome {
                    report.at = report.at.min(old.at);
                    report.confirmed |= old.confirmed;
                }
                !replaced
            });
        }
        self.reports.push(report);
    }

    /// Lists the bad reports that their own reporters have not taken back by a good word about that rc or a
    /// later one.
    pub fn standing_reports(&self) -> impl Iterator<Item = &Report> {
        let trust = self.cut.policy.trust;
        let mut good: BTreeMap<Reporter<'_>, RcNumber> = BTreeMap::new();
        for report in self.reports.iter().filter(|r| r.is_good(trust)) {
            let signer = report.reporter(trust).filter(|who| !matches!(who, Reporter::Claimed(_)));
            let names = report.names(trust).iter().map(|pseudonym| Reporter::Claimed(pseudonym));
            for who in names.chain(signer) {
                let latest = good.entry(who).or_default();
                *latest = report.rc.max(*latest);
            }
        }
        self.reports.iter().filter(move |bad| {
            let last_word = bad.reporter(trust).and_then(|who| good.get(&who));
            bad.outcome == ReportOutcome::Bad && last_word.is_none_or(|rc| *rc < bad.rc)
        })
    }

    /// Lists the people who say that exactly this commit works for them, none of whom is in `without`.
    pub fn good_reports(&self, commit: &CommitId, without: &[String]) -> Vec<&Report> {
        let trust = self.cut.policy.trust;
        let mut said: BTreeSet<Reporter<'_>> = BTreeSet::new();
        let good = |r: &&Report| r.is_good(trust) && r.commit == *commit && !overlap(&r.person, without);
        let mut once = self.reports.iter().filter(good).collect::<Vec<_>>();
        once.retain(|report| report.reporter(trust).is_none_or(|who| said.insert(who)));
        once
    }
}
