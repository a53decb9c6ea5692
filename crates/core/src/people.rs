//! What people said of a candidate: acceptances, approvals, waivers and reports.

use crate::event::{Answer, Entry, Event, ReportOutcome};
use crate::id::CommitId;
use crate::policy::Policy;
use crate::project::{Candidate, Project, Rc};
use crate::text::hex;
use crate::trust::{Act, Level, Voice, counts, is_vouched};
use crate::version::RcNumber;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// A person's answer for a commit that is no known fix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Acceptance {
    /// Who.
    pub by: Voice,
    /// Why.
    pub reason: String,
}

/// A person's yes to one commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Approval {
    /// Who.
    pub by: Voice,
    /// For exactly this commit.
    pub commit: CommitId,
    /// When.
    pub at: Timestamp,
}

/// A gate set aside by one person. Where the policy asks for two, each of them has one of these.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiver {
    /// The gate's name.
    pub gate: String,
    /// The one thing that the gate looked at; `None` is all of it.
    pub subject: Option<String>,
    /// For exactly this commit.
    pub commit: CommitId,
    /// Who.
    pub by: Voice,
    /// Why.
    pub reason: String,
    /// When it was said.
    pub at: Timestamp,
    /// When it ends.
    pub until: Timestamp,
}

/// How an rc went for somebody who tried it: the last word of that person about that rc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// Its id.
    pub id: String,
    /// The rc.
    pub rc: RcNumber,
    /// The rc's commit.
    pub commit: CommitId,
    /// How it went.
    pub outcome: ReportOutcome,
    /// Pseudonyms of the person.
    pub person: Vec<String>,
    /// When the person first said so.
    pub at: Timestamp,
    /// The digest of its text.
    pub text: Option<String>,
    /// Whether somebody looked at it and found the candidate at fault.
    pub confirmed: bool,
    /// What ended it.
    pub answer: Option<Answer>,
}

/// Gives the address out of `Mira <mira@example.org>`, in lower case.
pub fn address_of(who: &str) -> Option<String> {
    parts(who).1
}

/// Splits `Mira <mira@example.org>` into what can be compared: name and address, in lower case.
fn parts(who: &str) -> (Option<String>, Option<String>) {
    let kept = |text: &str| Some(text.trim().to_lowercase()).filter(|text| !text.is_empty());
    match who.split_once('<') {
        Some((name, rest)) => (kept(name), kept(rest.split('>').next().unwrap_or_default())),
        None if who.contains('@') => (None, kept(who)),
        None => (kept(who), None),
    }
}

/// Tells whether two claims of identity may be one person: the same name or the same address. Where it
/// matters that they are two, sameness of either makes them one.
pub fn is_same(one: &str, other: &str) -> bool {
    let ((name, address), (other_name, other_address)) = (parts(one), parts(other));
    (name.is_some() && name == other_name) || (address.is_some() && address == other_address)
}

/// Tells whether somebody is on a list of names and addresses; an empty list is everybody.
pub fn is_listed(list: &[String], who: &str) -> bool {
    list.is_empty() || list.iter().any(|listed| is_same(listed, who))
}

/// Gives a person's pseudonyms in one ledger: SHA-256 over the ledger's root and the name, and over the
/// root and the address, 16 hex digits each. They tell two people apart; they hide nobody from somebody
/// who guesses the name.
pub fn pseudonyms(root: &CommitId, who: &str) -> Vec<String> {
    let (name, address) = parts(who);
    let hidden = |part: String| {
        let digest =
            Sha256::new().chain_update(root.as_str()).chain_update(" ").chain_update(part).finalize();
        hex(&digest[..8])
    };
    name.into_iter().chain(address).map(hidden).collect()
}

/// Tells whether two sets of pseudonyms may be one person's: good news of both counts once.
fn overlap(one: &[String], other: &[String]) -> bool {
    one.iter().any(|pseudonym| other.contains(pseudonym))
}

/// Tells whether somebody may take back what `one` said: by the address, where there was one, since two
/// people may have one name.
fn may_answer_for(one: &[String], other: &[String]) -> bool {
    one.last().is_some_and(|pseudonym| other.contains(pseudonym))
}

impl Project {
    /// Gives the word by which a commit was accepted, where it counts under a candidate's policy.
    pub fn acceptance(&self, policy: &Policy, commit: &CommitId) -> Option<&Acceptance> {
        self.accepted.get(commit).filter(|word| counts(policy, Act::Decide, &word.by.level))
    }

    /// Takes what a person said; any other event is passed over.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`evolve` matches every kind and sends those of people here"
    )]
    pub(crate) fn hear(&mut self, event: &Event, entry: &Entry, id: &CommitId, level: &Level) {
        let at = self.at;
        let by = || Voice { who: entry.by.who.clone(), level: level.clone() };
        match event {
            Event::CommitAccepted { commit, reason, .. } => {
                // The first word stands, unless a captain's signature comes to it.
                let known = self.accepted.get(commit).map(|known| is_vouched(Act::Decide, &known.by.level));
                if known.is_none_or(|vouched| !vouched && is_vouched(Act::Decide, level)) {
                    let acceptance = Acceptance { by: by(), reason: reason.clone() };
                    self.accepted.insert(commit.clone(), acceptance);
                }
            }
            Event::Approved { version, commit } => {
                let approval = Approval { by: by(), commit: commit.clone(), at };
                self.with(*version, |c| c.approvals.push(approval));
            }
            Event::Waived { version, gate, subject, commit, reason, until } => {
                let waiver = Waiver {
                    gate: gate.clone(),
                    subject: subject.clone(),
                    commit: commit.clone(),
                    by: by(),
                    reason: reason.clone(),
                    at,
                    until: *until,
                };
                self.with(*version, |c| c.waivers.push(waiver));
            }
            Event::WaiverLifted { version, gate, subject } => self.with(*version, |c| {
                c.waivers.retain(|w| w.gate != *gate || (subject.is_some() && w.subject != *subject));
            }),
            Event::ReportFiled { version, rc, commit, report, outcome, person, text } => {
                let report = Report {
                    id: report.clone(),
                    rc: *rc,
                    commit: commit.clone(),
                    outcome: *outcome,
                    person: person.clone(),
                    at,
                    text: text.clone(),
                    confirmed: false,
                    answer: None,
                };
                self.with(*version, |c| c.file(report));
            }
            Event::ReportConfirmed { report } => {
                self.reported(report, |r| (r.confirmed, r.answer) = (true, None));
            }
            Event::ReportResolved { report, answer } => {
                let filed = |c: &&Candidate| c.reports.iter().any(|r| r.id == *report);
                let version = self.candidates.values().find(filed).map(|c| c.cut.version);
                if version.is_none_or(|v| self.may_decide(v, id, "answers a report on", level)) {
                    self.reported(report, |r| r.answer = Some(answer.clone()));
                }
            }
            _ => {}
        }
    }

    fn reported(&mut self, id: &str, change: impl FnOnce(&mut Report)) {
        let mut reports = self.candidates.values_mut().flat_map(|c| &mut c.reports);
        if let Some(report) = reports.find(|r| r.id == id) {
            change(report);
        }
    }
}

impl Approval {
    /// Tells whether it counts under a policy as far as its signature goes.
    pub fn counts(&self, policy: &Policy) -> bool {
        counts(policy, Act::Approve, &self.by.level)
    }
}

impl Candidate {
    /// Takes a report in place of what the same person said of the same rc. Who says the same bad thing
    /// again has said it since the first time.
    fn file(&mut self, mut report: Report) {
        let tried = |rc: &Rc| rc.n == report.rc && rc.commit == report.commit;
        // Good news is about an rc that there is; bad news is heard whatever it is about.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_person_by_name_or_address() {
        for (one, other, same) in [
            ("Mira <mira@example.org>", "mira@example.org", true),
            ("Mira <mira@example.org>", "MIRA", true),
            ("Mira <mira@example.org>", "M. <Mira@Example.org>", true),
            ("Mira <mira@example.org>", "Ben <ben@example.org>", false),
            ("", "", false),
            ("<>", "<>", false),
        ] {
            assert_eq!(is_same(one, other), same, "{one} / {other}");
            let root = CommitId::parse(&"1".repeat(40)).unwrap();
            assert_eq!(overlap(&pseudonyms(&root, one), &pseudonyms(&root, other)), same, "{one} / {other}");
        }
    }

    #[test]
    fn pseudonyms_of_two_ledgers_differ() {
        let root = |digit: &str| CommitId::parse(&digit.repeat(40)).unwrap();
        assert_ne!(pseudonyms(&root("1"), "Mira"), pseudonyms(&root("2"), "Mira"));
    }
}
