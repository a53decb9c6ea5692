//! What people say of a candidate.

use crate::ledger::authority::Authority;
use crate::ledger::entry::Entry;
use crate::ledger::event::Event;
use crate::policy::Policy;
use crate::project::people::{Acceptance, Approval, Report, Waiver, pseudonyms};
use crate::project::state::Project;
use crate::project::trust::{Identity, Level, counts, is_vouched};
use crate::types::object_id::CommitId;

impl Project {
    /// Finds the acceptance of a commit, where it counts under a candidate's policy.
    pub fn acceptance(&self, policy: &Policy, commit: &CommitId) -> Option<&Acceptance> {
        self.accepted.get(commit).filter(|word| counts(policy, Authority::Captain, &word.by.level))
    }

    /// Takes what a person said; any other event is passed over.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "`evolve` matches every kind and sends those of people here"
    )]
    pub(in crate::project) fn take_from_people(
        &mut self,
        event: &Event,
        entry: &Entry,
        id: &CommitId,
        level: &Level,
    ) {
        let at = self.at;
        let by = || Identity::of(entry, level);
        match event {
            Event::CommitAccepted { commit, reason, .. } => {
                // The first acceptance counts, unless a captain's signature is added.
                let known =
                    self.accepted.get(commit).map(|known| is_vouched(event.authority(), &known.by.level));
                if known.is_none_or(|vouched| !vouched && is_vouched(event.authority(), level)) {
                    let acceptance = Acceptance { by: by(), reason: reason.clone() };
                    self.accepted.insert(commit.clone(), acceptance);
                }
            }
            Event::Approved { version, commit } => {
                let approval = Approval { by: by(), commit: commit.clone(), at };
                self.with(*version, |c| c.approvals.push(approval));
            }
            Event::Waived { version, gate, subject, commit, verdict, reason, until } => {
                let waiver = Waiver {
                    gate: gate.clone(),
                    subject: subject.clone(),
                    commit: commit.clone(),
                    verdict: *verdict,
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
                let signer = level.stated().and_then(|key| key.name.as_deref());
                // It is pasted into commands. An odd one is no reason to forget bad news.
                let is_plain = !report.is_empty() && report.bytes().all(|b| b.is_ascii_alphanumeric());
                let report = Report {
                    id: if is_plain { report.clone() } else { id.short().to_owned() },
                    rc: *rc,
                    commit: commit.clone(),
                    outcome: *outcome,
                    person: person.clone(),
                    signer: self
                        .root
                        .iter()
                        .zip(signer)
                        .flat_map(|(root, name)| pseudonyms(root, name))
                        .collect(),
                    level: level.clone(),
                    at,
                    text: text.clone(),
                    confirmed: false,
                    answer: None,
                };
                match self.releases.get_mut(version) {
                    Some(release) => release.file(report),
                    None => self.with(*version, |c| c.file(report)),
                }
            }
            Event::ReportConfirmed { report } => {
                self.reported(report, |r| (r.confirmed, r.answer) = (true, None));
            }
            Event::ReportResolved { report, answer } => {
                let filed = |reports: &[Report]| reports.iter().any(|r| r.id == *report);
                let open =
                    self.candidates.iter().find(|(_, c)| filed(&c.reports)).map(|(version, _)| *version);
                let released =
                    || self.releases.iter().find(|(_, r)| filed(&r.reports)).map(|(version, _)| *version);
                if open.or_else(released).is_some_and(|version| self.may_decide(version, event, id, level)) {
                    self.reported(report, |r| r.answer = Some(answer.clone()));
                }
            }
            _ => {}
        }
    }

    fn reported(&mut self, id: &str, change: impl FnOnce(&mut Report)) {
        let released = self.releases.values_mut().flat_map(|release| &mut release.reports);
        let mut reports = self.candidates.values_mut().flat_map(|c| &mut c.reports).chain(released);
        if let Some(report) = reports.find(|r| r.id == id) {
            change(report);
        }
    }
}
