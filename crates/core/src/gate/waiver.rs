//! Waivers: one gate, or one thing that it looked at, set aside on record for one commit until an instant.

use crate::gate::case::{Case, Finding, Kind, MARGIN, Subject, earliest};
use crate::ledger::authority::Authority;
use crate::policy::Policy;
use crate::project::Candidate;
use crate::project::people::Waiver;
use crate::project::trust::counts;
use crate::types::gate::Gate;
use crate::types::object_id::CommitId;
use crate::types::person::is_listed;
use crate::types::text::{list, short};
use crate::types::verdict::Verdict;
use jiff::Timestamp;

/// The waivers of one gate and subject that are in force together.
struct InForce<'a> {
    subject: Option<&'a str>,
    by: Vec<&'a Waiver>,
    /// How many people it takes.
    needs: usize,
    until: Timestamp,
}

impl InForce<'_> {
    fn holds(&self) -> bool {
        self.by.len() >= self.needs
    }

    fn is_about(&self, subject: &Subject) -> bool {
        self.subject.is_none_or(|name| name == subject.name || subject.also.as_deref() == Some(name))
    }

    /// Tells whether what enough people set aside was as bad: nobody waives what is found out later.
    fn was_as_bad(&self, verdict: Verdict) -> bool {
        self.by.iter().filter(|waiver| verdict <= waiver.verdict).count() >= self.needs
    }

    fn covers(&self, subject: &Subject) -> bool {
        self.is_about(subject) && self.was_as_bad(subject.verdict)
    }

    fn names(&self) -> String {
        list(&self.by.iter().map(|w| w.by.shown()).collect::<Vec<_>>())
    }
}

/// Gives the instant at which a waiver ends: what it says, and never later than the policy allows.
pub fn ends(waiver: &Waiver, policy: &Policy) -> Timestamp {
    waiver.until.min(policy.waivers.longest.after(waiver.at))
}

/// Gives the instant at which the first waiver of a gate that counts now ends, and with it the gate's clearance.
pub fn until(candidate: &Candidate, gate: &str, commit: &CommitId, now: Timestamp) -> Option<Timestamp> {
    let mut last: Vec<(&Waiver, Timestamp)> = Vec::new();
    for waiver in candidate.waivers.iter().filter(|w| w.gate == gate && w.commit == *commit) {
        // A person's later waiver replaces the earlier one.
        last.retain(|(other, _)| other.subject != waiver.subject || !other.by.is_same(&waiver.by));
        last.push((waiver, ends(waiver, &candidate.cut.policy)));
    }
    last.into_iter().map(|(_, end)| end).filter(|end| *end > now).min()
}

/// Lists the gates that are waived for a commit at an instant, a line each, for the release notes.
pub fn sentences(candidate: &Candidate, commit: &CommitId, now: Timestamp) -> Vec<String> {
    let counts = |w: &&Waiver| w.commit == *commit && ends(w, &candidate.cut.policy) > now;
    let line = |w: &Waiver| {
        let subject = w.subject.as_ref().map(|s| format!(":{}", short(s, 60))).unwrap_or_default();
        format!("{}{subject} waived by {}: {}", w.gate, w.by.shown(), short(&w.reason, 200))
    };
    candidate.waivers.iter().filter(counts).map(line).collect()
}

/// Keeps of what a gate looked at what its finding is about: what is not clear, and what no waiver sets aside. Where
/// waivers set all of it aside, it is about that.
pub(super) fn open<'s, T>(
    case: &Case<'_>,
    gate: Gate,
    looked_at: impl Iterator<Item = (T, &'s Subject)>,
) -> Vec<T> {
    let forces = in_force(case, gate);
    let is_aside = |(_, subject): &(T, &Subject)| forces.iter().any(|f| f.holds() && f.covers(subject));
    let unclear = looked_at.filter(|(_, subject)| !subject.verdict.is_clear());
    let (aside, open): (Vec<_>, Vec<_>) = unclear.partition(is_aside);
    let about = if open.is_empty() { aside } else { open };
    about.into_iter().map(|(looked_at, _)| looked_at).collect()
}

/// Lays the waivers on record over what a gate found. Never makes a verdict worse.
pub(crate) fn apply(case: &Case<'_>, gate: Gate, finding: Finding) -> Finding {
    if finding.verdict.is_clear() || !gate.is_waivable() {
        return finding;
    }
    let forces = in_force(case, gate);
    if forces.is_empty() {
        return finding;
    }
    let mut finding = finding;
    let holding = || forces.iter().filter(|f| f.holds());
    let (mut waived, mut outdated) = (0, None);
    for subject in finding.subjects.iter_mut().filter(|s| !s.verdict.is_clear()) {
        if let Some(force) = holding().find(|f| f.covers(subject)) {
            subject.verdict = Verdict::Waived;
            subject.detail = format!("{} · waived by {}", subject.detail, force.names());
            waived += 1;
        } else if let Some(force) = holding().find(|f| f.is_about(subject)) {
            let was = force.by.iter().map(|waiver| waiver.verdict).min().unwrap_or(subject.verdict);
            let later =
                format!("waived by {} when it was {}, and it is worse now", force.names(), was.name());
            subject.detail = format!("{} · {later}", subject.detail);
            outdated.get_or_insert(later);
        }
    }
    let whole = holding().any(|f| f.subject.is_none() && f.was_as_bad(finding.verdict));
    // Subjects that were clear before do not explain why the gate is not.
    let each = waived > 0 && finding.subjects.iter().all(|s| s.verdict.is_clear());
    if whole || each {
        let used: Vec<&InForce<'_>> = holding().filter(|f| !whole || f.subject.is_none()).collect();
        let until = used.iter().map(|f| f.until).min().unwrap_or(case.now);
        let names = list(&used.iter().map(|f| f.names()).collect::<Vec<_>>());
        let why = used.first().and_then(|f| f.by.first()).map(|w| short(&w.reason, 80)).unwrap_or_default();
        return Finding {
            verdict: Verdict::Waived,
            summary: format!("waived by {names}: {why} · {}", finding.summary),
            turns_at: earliest([finding.turns_at, Some(MARGIN.before(until))]),
            clears_at: None,
            kind: Kind::Time,
            actors: Vec::new(),
            remedy: Vec::new(),
            needs_commit: false,
            ..finding
        };
    }
    if let Some(later) = outdated {
        finding.summary = format!("{} · {later}", finding.summary);
    }
    if waived > 0 {
        finding.summary = format!("{} ({waived} waived)", finding.summary);
        finding.turns_at =
            earliest([finding.turns_at].into_iter().chain(holding().map(|f| Some(MARGIN.before(f.until)))));
    }
    for force in forces.iter().filter(|f| !f.holds()) {
        let subject = force.subject.map(|s| format!(":{s}")).unwrap_or_default();
        let version = case.version;
        finding.summary = format!(
            "{} · {} asked to waive it; a second person has to agree",
            finding.summary,
            force.names()
        );
        finding.remedy.push(format!(
            "a second person: allclear waive {version} {}{subject} --commit {} --reason TEXT --for DURATION",
            gate.name(),
            case.commit()
        ));
    }
    finding
}

/// Groups the waivers of a gate that count now: for this commit, by people with a name who may, and not about to
/// end. The time is never before the record's, so a wrong clock cannot revive an expired waiver.
fn in_force<'a>(case: &Case<'a>, gate: Gate) -> Vec<InForce<'a>> {
    let now = case.now.max(case.project.at);
    let policy = &case.policy.waivers;
    let needs = if policy.second_person.iter().any(|name| name == gate.name()) { 2 } else { 1 };
    let mut forces: Vec<InForce<'a>> = Vec::new();
    for waiver in &case.candidate.waivers {
        let until = ends(waiver, case.policy);
        let in_force = waiver.by.is_somebody()
            && waiver.gate == gate.name()
            && waiver.commit == *case.commit()
            && until > MARGIN.after(now)
            && is_listed(&policy.from, waiver.by.name(case.policy))
            && counts(case.policy, Authority::Captain, &waiver.by.level);
        if !in_force {
            continue;
        }
        let subject = waiver.subject.as_deref();
        match forces.iter_mut().find(|f| f.subject == subject) {
            // A person's later waiver replaces the earlier one.
            Some(force) => {
                force.by.retain(|other| !other.by.is_same(&waiver.by));
                force.by.push(waiver);
                force.until = force.by.iter().map(|w| ends(w, case.policy)).min().unwrap_or(until);
            }
            None => forces.push(InForce { subject, by: vec![waiver], needs, until }),
        }
    }
    forces
}
