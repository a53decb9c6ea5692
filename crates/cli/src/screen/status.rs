//! `status`: one screen that answers "can it go out, and if not, who has to do what?"

use super::instant::{self, zone_of};
use super::ui::{self, BAD, BOLD, DIM, GOOD, WAIT, paint, say};
use super::{steps, withdrawn};
use crate::json::release::word_of;
use allclear_core::decide::assess::{CandidateAssessment, GateReport, State};
use allclear_core::decide::promotion::{Obstacle, Step};
use allclear_core::gate::Kind;
use allclear_core::gate::waiver;
use allclear_core::policy::{Mode, Period};
use allclear_core::project::Candidate;
use allclear_core::types::cut_kind::CutKind;
use allclear_core::types::text::{count, list, plain};
use allclear_core::types::verdict::Verdict;
use allclear_core::{Assessment, Seconds};
use allclear_engine::{PolicySeen, Snapshot};
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Draws the status. `offline` is the present instant where the server was not asked.
pub(crate) fn show(name: &str, seen: &Snapshot, assessment: &Assessment, offline: Option<Timestamp>) {
    let (zone, now) = (zone_of(seen), assessment.now);
    ui::out(headline(name, seen, assessment, &zone));
    if let Some(present) = offline {
        let age = Seconds::between(seen.facts.observed_at, present);
        ui::out(paint(
            DIM,
            format!(
                "last look at the server {age} ago, at {}",
                instant::show(seen.facts.observed_at, &zone, now)
            ),
        ));
    }
    for stop in &assessment.stops {
        ui::out(format!("\n{} {}", paint(BAD, "✖ nothing can be decided:"), stop.why));
        for remedy in &stop.remedy {
            ui::out(format!("  {remedy}"));
        }
    }
    for found in &assessment.candidates {
        ui::out("");
        candidate(found, &seen.project.candidates[&found.version], &zone, now);
    }
    steps::publishing(seen, &zone, now);
    if assessment.candidates.is_empty() && assessment.stops.is_empty() {
        idle(seen, assessment, &zone);
    }
    withdrawn::notes(seen, now);
    notes(seen);
}

fn headline(name: &str, seen: &Snapshot, assessment: &Assessment, zone: &TimeZone) -> String {
    let mut parts = vec![paint(BOLD, name)];
    match &seen.policy {
        PolicySeen::Read { effective, .. } => {
            let policy = &effective.policy;
            if policy.mode == Mode::Observe {
                parts.push(paint(WAIT, "observing only"));
            }
            parts.push(policy.train.as_ref().map_or_else(|| "cut by hand".into(), |t| every(t.every)));
        }
        PolicySeen::Wrong { mistakes, .. } => {
            parts.push(paint(BAD, format!("allclear.toml has {}", count(mistakes.len(), "mistake"))));
        }
        PolicySeen::Absent => parts.push(paint(WAIT, "no allclear.toml on develop")),
    }
    if let Some(cut) = assessment.next_cut {
        parts.push(format!(
            "next cut {} {}",
            instant::show(cut, zone, assessment.now),
            zone.iana_name().unwrap_or("UTC")
        ));
    }
    parts.join(" · ")
}

fn every(period: Period) -> String {
    match period {
        Period::Days(7) => "every week".into(),
        Period::Days(n) if n % 7 == 0 => format!("every {} weeks", n / 7),
        Period::Days(1) => "every day".into(),
        Period::Days(n) => format!("every {n} days"),
        Period::Months(1) => "every month".into(),
        Period::Months(n) => format!("every {n} months"),
        Period::Seconds(n) => format!("every {}", Seconds(n)),
    }
}

fn candidate(found: &CandidateAssessment, record: &Candidate, zone: &TimeZone, now: Timestamp) {
    let style = match found.state {
        State::Blocked => BAD,
        State::Clear => GOOD,
        State::Waiting | State::Promoting | State::Unknown => WAIT,
    };
    let kind = if record.cut.kind == CutKind::Hotfix { " hotfix" } else { "" };
    ui::out(format!(
        "{}{kind}   {}   rc.{} {} · cut {}, {}",
        paint(BOLD, found.version.to_string()),
        paint(style, word(found)),
        record.rc_number(),
        record.commit().short(),
        instant::show(record.cut_at, zone, now),
        instant::distance(record.cut_at, now),
    ));
    let shown: Vec<_> = found.gates.iter().filter(|g| !is_quiet(g)).collect();
    let width = shown.iter().map(|g| g.gate.name().len()).max().unwrap_or(0);
    for report in shown {
        let finding = &report.finding;
        let mut line = format!(
            "  {} {:width$}  {}",
            ui::sign(finding.verdict, report.enforced),
            report.gate.name(),
            finding.summary
        );
        if let Some(at) = finding.clears_at.filter(|_| !finding.verdict.is_clear()) {
            line.push_str(&format!(" · ends {}", instant::show(at, zone, now)));
        }
        if let Some(end) = waived_until(report, found, record, now) {
            line.push_str(&format!(" · until {}", instant::show(end, zone, now)));
        }
        if !report.enforced {
            line.push_str(&paint(DIM, " (advice)"));
        }
        ui::out(line);
    }
    acts(found, zone, now);
    ui::out(forecast(found, record, zone, now));
}

/// Tells until when a gate is set aside, where it is.
pub(crate) fn waived_until(
    report: &GateReport,
    found: &CandidateAssessment,
    record: &Candidate,
    now: Timestamp,
) -> Option<Timestamp> {
    let waived = report.finding.verdict == Verdict::Waived;
    if waived { waiver::until(record, report.gate.name(), &found.commit, now) } else { None }
}

/// Says who has to do what; time comes last.
fn acts(found: &CandidateAssessment, zone: &TimeZone, now: Timestamp) {
    let mut lines = Vec::new();
    for report in found.blockers() {
        let finding = &report.finding;
        let who = match finding.kind {
            Kind::Person if finding.actors.is_empty() => "somebody".to_owned(),
            Kind::Person => finding.actors.join(", "),
            Kind::Machine => "machine".into(),
            Kind::Time => continue,
        };
        let act = finding.remedy.first().cloned().unwrap_or_else(|| finding.summary.clone());
        lines.push((who, act));
    }
    // What came onto stable too early is not cured by time.
    let cures = found.unfinished != Some(Step::Stop(Obstacle::LandedUnclear));
    let time = found.blockers().filter(|b| cures && b.finding.kind == Kind::Time && !is_quiet(b));
    for report in time {
        let ends = report
            .finding
            .clears_at
            .map(|at| format!(" ends by itself {}", instant::show(at, zone, now)))
            .unwrap_or_default();
        lines.push(("time".into(), format!("{}{ends}", report.gate.name())));
    }
    if lines.is_empty() {
        return;
    }
    ui::out("");
    let width = lines.iter().map(|(who, _)| who.chars().count()).max().unwrap_or(0);
    for (who, act) in lines {
        ui::out(format!("  {}  {act}", paint(BOLD, format!("{who:<width$}"))));
    }
}

/// Says when it leaves, or what it takes.
pub(crate) fn forecast(
    found: &CandidateAssessment,
    record: &Candidate,
    zone: &TimeZone,
    now: Timestamp,
) -> String {
    let policy = &record.cut.policy.promotion;
    let alone = policy.automatic || record.requested.is_some();
    let machines = found.blockers().filter(|b| b.finding.kind == Kind::Machine);
    let awaited: Vec<String> = machines.flat_map(|b| b.finding.actors.iter().map(|a| plain(a))).collect();
    let at = found.leaves_at.map(|at| instant::show(at, zone, now));
    if let Some(stop) = &found.stop {
        let ways = stop.remedy.iter().map(|way| format!("\n  {way}"));
        return format!("{}{}", sentence(&stop.why), ways.collect::<String>());
    }
    match (found.state, at) {
        (State::Promoting, _) => "Its promotion has begun; allclear tick completes it.".into(),
        (State::Unknown, _) => "The outcome of a promotion is not known; allclear tick keeps asking.".into(),
        (State::Clear, Some(at)) if alone && found.leaves_at > Some(now) => format!("Will be released {at}."),
        (State::Clear, _) if alone => "Will be released at the next tick.".into(),
        (State::Clear, _) => {
            format!("Ready: allclear promote {} --commit {}", found.version, found.commit.short())
        }
        (State::Waiting, Some(at)) if !awaited.is_empty() => {
            format!("Will be released {at} at the earliest, once {} reported.", has(&awaited))
        }
        (State::Waiting, Some(at)) if alone => format!("Will be released {at}."),
        (State::Waiting, Some(at)) => format!("Can be promoted from {at}."),
        (State::Blocked, Some(at)) => {
            let (verb, (blockers, are)) = (if alone { "Will" } else { "Can" }, above(found));
            match found.fix_by {
                Some(by) => {
                    let by = instant::show(by, zone, now);
                    format!("{verb} be released {at} if {blockers} {are} resolved by {by}.")
                }
                None => format!("{verb} be released {at} at the earliest, once {blockers} {are} resolved."),
            }
        }
        (State::Waiting | State::Blocked, None) => {
            "No hour of the week is open for promotion; see promotion.hours.".into()
        }
    }
}

/// Makes a clause a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}

/// Names the blockers that wait for a person, and the verb that goes with them.
fn above(found: &CandidateAssessment) -> (String, &'static str) {
    match found.blockers().filter(|b| b.finding.kind == Kind::Person).count() {
        0 | 1 => ("the blocker above".into(), "is"),
        n => (format!("the {n} blockers above"), "are"),
    }
}

fn has(names: &[String]) -> String {
    format!("{} {}", list(names), if names.len() == 1 { "has" } else { "have" })
}

fn idle(seen: &Snapshot, assessment: &Assessment, zone: &TimeZone) {
    let last = seen.project.releases.iter().next_back().map(|(v, r)| {
        format!(
            "{v}, {} {} {}",
            word_of(r).replace("publishing", "released"),
            instant::show(r.at, zone, assessment.now),
            instant::distance(r.at, assessment.now)
        )
    });
    let last = last.or_else(|| seen.facts.released.keys().next_back().map(ToString::to_string));
    ui::out(format!("\nNo candidate is open. Last release: {}.", last.unwrap_or_else(|| "none yet".into())));
    match &seen.policy {
        PolicySeen::Absent => ui::out("allclear init writes the policy, and shows what is left to do."),
        PolicySeen::Read { .. } | PolicySeen::Wrong { .. } => {
            ui::out(format!("{} on develop since.", count(seen.facts.changes, "commit")));
        }
    }
    if seen.project.head.is_none() {
        ui::out(paint(DIM, not_started(&seen.policy)));
    }
    if let Some((slot, why)) = seen.project.skipped.filter(|(slot, _)| seen.project.slot == Some(*slot)) {
        ui::out(format!("The slot of {} was skipped. {why}", instant::show(slot, zone, assessment.now)));
    }
}

/// Says what would start the record.
pub(crate) fn not_started(policy: &PolicySeen) -> &'static str {
    match policy {
        PolicySeen::Read { effective, .. } if effective.policy.mode == Mode::Observe => {
            "Not started: once mode = \"run\" is on develop, allclear cut --yes starts the record."
        }
        PolicySeen::Absent => "Not started: without a policy nothing is cut.",
        PolicySeen::Read { .. } | PolicySeen::Wrong { .. } => {
            "Not started: allclear cut --yes starts the record; a tick never does."
        }
    }
}

fn notes(seen: &Snapshot) {
    let newest = seen.project.releases.iter().next_back();
    if let Some((version, n)) = newest.map(|(v, r)| (v, r.bad_reports())).filter(|(_, n)| *n > 0) {
        let reports = count(n, "bad report");
        ui::out(format!("{} {reports} on {version}, which is released: allclear hotfix", paint(BAD, "✖")));
    }
    for drift in seen.facts.drift.iter().take(6) {
        ui::out(format!("{} {}", paint(BAD, "drift:"), plain(drift)));
    }
    let strangers = seen.facts.strangers.iter().map(|s| format!("{}: {}", plain(s.name.short()), s.why));
    let traps = seen.facts.traps.iter().map(|t| format!("{}: {}", plain(t.name.as_str()), t.why));
    for note in strangers.chain(traps).take(6) {
        say(format!("{} {note}", paint(WAIT, "note:")));
    }
}

pub(crate) fn word(found: &CandidateAssessment) -> String {
    let blockers = found.blockers().filter(|b| b.finding.kind == Kind::Person).count();
    match found.state {
        State::Waiting => "WAITING".into(),
        State::Blocked if blockers == 0 => "BLOCKED".into(),
        State::Blocked => format!("BLOCKED by {blockers}"),
        State::Clear => "CLEAR".into(),
        State::Promoting => "PROMOTING".into(),
        State::Unknown => "UNKNOWN".into(),
    }
}

/// Tells whether a gate is worth a line of its own where nothing is wrong.
pub(crate) fn is_quiet(report: &GateReport) -> bool {
    let always = ["fixes", "soak", "checks", "merge-back"];
    let said = ["downstream", "reports", "approvals"].contains(&report.gate.name())
        && report.finding.verdict == Verdict::Passed;
    // A head that is no rc yet is said by its soak.
    let said_elsewhere = report.gate.name() == "version" && report.finding.verdict == Verdict::Pending;
    !always.contains(&report.gate.name())
        && !said
        && (said_elsewhere || matches!(report.finding.verdict, Verdict::NotApplicable | Verdict::Passed))
}
