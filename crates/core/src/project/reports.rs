//! What users said of a candidate: each person's last report on each rc.

use crate::ledger::event::ReportOutcome;
use crate::project::people::{Report, may_answer_for, overlap};
use crate::project::state::{Candidate, Rc};
use crate::types::object_id::CommitId;
use crate::types::version::RcNumber;
use std::collections::BTreeMap;

impl Candidate {
    /// Takes a report in place of what the same person said of the same rc. Who says the same bad thing
    /// again has said it since the first time.
    pub(in crate::project) fn file(&mut self, mut report: Report) {
        let tried = |rc: &Rc| rc.n == report.rc && rc.commit == report.commit;
        // A good report needs an existing rc; a bad one always counts.
        if report.outcome == ReportOutcome::Good && !self.rcs.iter().any(tried) {
            return;
        }
        let known = report.person.iter().any(|pseudonym| self.reporters.contains(pseudonym));
        self.reporters.extend(report.person.iter().cloned());
        if known {
            self.reports.retain(|old| {
                let same = match old.outcome {
                    ReportOutcome::Good => overlap,
                    ReportOutcome::Bad => may_answer_for,
                };
                let replaced = old.rc == report.rc && same(&old.person, &report.person);
                if replaced && old.outcome == report.outcome {
                    report.at = report.at.min(old.at);
                }
                !replaced
            });
        }
        self.reports.push(report);
    }

    /// Lists the bad reports that their own reporters have not taken back by a good word about that rc or a
    /// later one.
    pub fn standing_reports(&self) -> impl Iterator<Item = &Report> {
        let mut good: BTreeMap<&str, RcNumber> = BTreeMap::new();
        for report in self.reports.iter().filter(|r| r.outcome == ReportOutcome::Good) {
            for pseudonym in &report.person {
                let latest = good.entry(pseudonym).or_default();
                *latest = report.rc.max(*latest);
            }
        }
        self.reports.iter().filter(move |bad| {
            let last_word = bad.person.last().and_then(|pseudonym| good.get(pseudonym.as_str()));
            bad.outcome == ReportOutcome::Bad && last_word.is_none_or(|rc| *rc < bad.rc)
        })
    }

    /// Lists the people who say that exactly this commit works for them, none of whom is in `without`.
    pub fn good_reports(&self, commit: &CommitId, without: &[String]) -> Vec<&Report> {
        let good = |r: &&Report| {
            r.outcome == ReportOutcome::Good && r.commit == *commit && !overlap(&r.person, without)
        };
        self.reports.iter().filter(good).collect()
    }
}
