//! Waivers: gates that people set aside for one commit and a while.

use super::reason::reason;
use crate::look::resolve::expect_commit;
use crate::{Engine, PeopleRefusal, Refusal, Snapshot};
use allclear_core::decide::assess::GateReport;
use allclear_core::gate::{MARGIN, Subject, waiver};
use allclear_core::ledger::event::Event;
use allclear_core::project::people::Waiver;
use allclear_core::types::gate::Gate;
use allclear_core::types::person::{is_listed, is_same};
use allclear_core::{CommitId, Seconds, Verdict, Version};
use jiff::Timestamp;

/// A gate that somebody wants set aside.
#[derive(Debug, Clone)]
pub struct WaiverWish {
    /// The candidate; `None` is the only one.
    pub version: Option<Version>,
    /// The gate's name, and after a colon the one thing it is about.
    pub topic: String,
    /// Why; left out, the reason of the waiver that is renewed.
    pub reason: Option<String>,
    /// For how long; left out, as long as the waiver that is renewed.
    pub length: Option<Seconds>,
    /// Only if this is still the candidate's commit.
    pub only_if: Option<String>,
    /// Renews the last waiver of the same gate, after a new rc.
    pub again: bool,
}

/// A waiver that went on record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaiverMade {
    /// The candidate.
    pub version: Version,
    /// The gate's name.
    pub gate: &'static str,
    /// The one thing it is about.
    pub subject: Option<String>,
    /// For exactly this commit.
    pub commit: CommitId,
    /// When it ends.
    pub until: Timestamp,
    /// Whether another person has to say the same before it counts.
    pub needs_second: bool,
}

impl Engine<'_> {
    /// Sets a gate aside, for exactly the candidate's commit and until an instant.
    pub fn waive(&self, wish: &WaiverWish) -> Result<WaiverMade, Refusal> {
        let (name, subject) =
            wish.topic.split_once(':').map_or((wish.topic.as_str(), None), |(g, s)| (g, Some(s)));
        let gate = waivable(name)?;
        let why = wish.reason.as_deref().map(reason).transpose()?;
        self.decide(|snapshot| {
            let (version, candidate) = snapshot.pick(wish.version)?;
            let now = self.clock.now();
            let found = snapshot.judged(version, now)?;
            expect_commit(&found.commit, wish.only_if.as_deref())?;
            let report = found.gates.iter().find(|g| g.gate == gate);
            let subject = report.map_or(Ok(None), |report| subject_of(report, subject))?;
            let renewable = |w: &&Waiver| {
                w.gate == gate.name() && w.subject == subject && w.commit != found.commit && wish.again
            };
            // One's own words before another's.
            let mut before = candidate.waivers.iter().rev().filter(renewable);
            let mine = before.clone().find(|w| is_same(&w.by.who, &self.by.who));
            let earlier = mine.or_else(|| before.next());
            if wish.again && earlier.is_none() {
                let topic = wish.topic.clone();
                return Err(PeopleRefusal::NoneToRenew { topic, version }.into());
            }
            let reason = why.clone().or_else(|| earlier.map(|w| w.reason.clone()));
            let length = wish.length.or_else(|| earlier.map(|w| Seconds::between(w.at, w.until)));
            let (Some(reason), Some(length)) = (reason, length) else {
                return Err(PeopleRefusal::NoReasonOrEnd.into());
            };
            let policy = &candidate.cut.policy;
            let longest = policy.waivers.longest;
            if length > longest || MARGIN >= length {
                return Err(PeopleRefusal::BadLength { length, longest }.into());
            }
            if !is_listed(&policy.waivers.from, &self.by.who) {
                let (who, from) = (self.by.who.clone(), policy.waivers.from.clone());
                return Err(PeopleRefusal::NotListedToWaive { who, from }.into());
            }
            let until = length.after(now);
            let others = candidate.waivers.iter().filter(|w| {
                w.gate == gate.name()
                    && w.subject == subject
                    && w.commit == found.commit
                    && waiver::ends(w, policy) > now
                    && !is_same(&w.by.who, &self.by.who)
            });
            let needs_second =
                policy.waivers.second_person.iter().any(|g| g == gate.name()) && others.count() == 0;
            let commit = found.commit.clone();
            let event = Event::Waived {
                version,
                gate: gate.name().into(),
                subject: subject.clone(),
                commit: commit.clone(),
                verdict: unwaived(snapshot, version, gate, subject.as_deref(), now),
                reason,
                until,
            };
            let made = WaiverMade { version, gate: gate.name(), subject, commit, until, needs_second };
            Ok((self.draft(vec![event]), made))
        })
    }

    /// Ends the waivers of a gate before their time. Gives how many there were.
    pub fn lift_waiver(&self, version: Option<Version>, topic: &str) -> Result<(Version, usize), Refusal> {
        let (name, subject) = topic.split_once(':').map_or((topic, None), |(g, s)| (g, Some(s.to_owned())));
        let gate = waivable(name)?;
        let (lifted, now) = (self.observe()?, self.clock.now());
        let (version, candidate) = lifted.pick(version)?;
        let commit = lifted.judged(version, now)?.commit;
        let theirs = candidate
            .waivers
            .iter()
            .filter(|w| w.gate == gate.name() && (subject.is_none() || w.subject == subject))
            // What ended by itself needs no lifting, and stays for `--again`.
            .filter(|w| w.commit == commit && waiver::ends(w, &candidate.cut.policy) > now)
            .count();
        if theirs == 0 {
            return Ok((version, 0));
        }
        let event = Event::WaiverLifted { version, gate: gate.name().into(), subject };
        self.decide(|_| Ok((self.draft(vec![event.clone()]), (version, theirs))))
    }
}

/// Gives what a waiver sets aside: what the gate, or the worst of the things that it names, is without any waiver.
fn unwaived(
    snapshot: &Snapshot,
    version: Version,
    gate: Gate,
    subject: Option<&str>,
    now: Timestamp,
) -> Verdict {
    let mut bare = snapshot.clone();
    bare.project.candidates.entry(version).and_modify(|candidate| candidate.waivers.clear());
    let found = bare.assessed(version, now);
    let report = found.iter().flat_map(|found| &found.gates).find(|report| report.gate == gate);
    let Some(finding) = report.map(|report| &report.finding) else { return Verdict::Missing };
    let named = |s: &&Subject| subject.is_some_and(|name| s.name == name || s.also.as_deref() == Some(name));
    finding.subjects.iter().filter(named).map(|s| s.verdict).max().unwrap_or(finding.verdict)
}

fn waivable(name: &str) -> Result<Gate, Refusal> {
    match Gate::find(name) {
        Some(gate) if gate.is_waivable() => Ok(gate),
        Some(Gate::Hold) => Err(PeopleRefusal::HoldIsLifted.into()),
        Some(gate) => Err(PeopleRefusal::NotWaivable(gate).into()),
        None => Err(PeopleRefusal::NoSuchGate(name.to_owned()).into()),
    }
}

/// Finds the one thing that a waiver is about. Where a gate looks at many, one has to be named, so that
/// nobody sets more aside than they meant to.
fn subject_of(report: &GateReport, wanted: Option<&str>) -> Result<Option<String>, Refusal> {
    let finding = &report.finding;
    let gate = report.gate;
    if finding.verdict.is_clear() && finding.verdict != Verdict::Waived {
        return Err(PeopleRefusal::ClearAlready(gate).into());
    }
    let open: Vec<&str> = finding
        .subjects
        .iter()
        .filter(|s| !s.verdict.is_clear() || s.verdict == Verdict::Waived)
        .map(|s| s.name.as_str())
        .collect();
    let owned = || open.iter().map(|&name| name.to_owned()).collect();
    match (wanted, open.as_slice()) {
        (None, []) => Ok(None),
        (None, [one]) => Ok(Some((*one).to_owned())),
        (None, _) => Err(PeopleRefusal::NameOne { gate, open: owned() }.into()),
        (Some(wanted), open) => {
            let exact = open.iter().find(|name| **name == wanted);
            // Only ids are cut short; who says `integration` does not mean `integration-slow`.
            let is_id = |name: &str| CommitId::parse(name).is_ok();
            let mut like =
                open.iter().filter(|name| wanted.len() >= 7 && is_id(name) && name.starts_with(wanted));
            let group =
                || finding.subjects.iter().find_map(|s| s.also.as_deref().filter(|also| *also == wanted));
            match (exact.copied().or_else(group), like.next(), like.next()) {
                (Some(name), ..) => Ok(Some(name.to_owned())),
                (None, Some(name), None) => Ok(Some((*name).to_owned())),
                _ if open.is_empty() => {
                    Err(PeopleRefusal::AboutOneThing { gate, wanted: wanted.to_owned() }.into())
                }
                _ => {
                    let wanted = wanted.to_owned();
                    Err(PeopleRefusal::NothingOpenCalled { gate, wanted, open: owned() }.into())
                }
            }
        }
    }
}
