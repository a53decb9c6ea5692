//! Every blocker with its reason, who can act, and whether waiting helps.

use super::instant::{self, zone_of};
use super::ui::{self, BOLD, DIM, paint};
use super::{results, status};
use allclear_core::CommitId;
use allclear_core::decide::assess::{CandidateAssessment, GateReport};
use allclear_core::gate::{Kind, Subject};
use allclear_core::types::gate::Gate;
use allclear_core::types::text::short;
use allclear_engine::{Engine, Fault, ReportText, Snapshot};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// How many things a gate looked at are shown.
const SHOWN: usize = 20;

/// Prints why a candidate stands where it does: the gate that is asked about, else all that are not clear.
pub(crate) fn explain(
    engine: &Engine<'_>,
    seen: &Snapshot,
    found: &CandidateAssessment,
    topic: &Topic,
    now: Timestamp,
) -> Result<(), Fault> {
    let zone = zone_of(seen);
    let record = &seen.project.candidates[&found.version];
    ui::out(format!(
        "{}   {}   {}",
        paint(BOLD, found.version.to_string()),
        status::word(found),
        found.commit
    ));
    let wanted = |g: &&GateReport| match topic {
        Some((gate, _)) => g.gate.name() == gate,
        None => g.enforced && !g.finding.verdict.is_clear(),
    };
    let mut reports: Vec<&GateReport> = found.gates.iter().filter(wanted).collect();
    reports.sort_by_key(|g| std::cmp::Reverse(g.finding.verdict));
    let words = words(engine, seen, &reports)?;
    for report in &reports {
        let subject = topic.as_ref().and_then(|(_, s)| s.as_deref());
        gate(report, &words, subject, &zone, now);
        if let Some(name) = subject.filter(|_| report.gate == Gate::Downstream)
            && let Some(row) = engine.downstream_row(seen, found.version, name)?
        {
            results::story(&row);
        }
        if let Some(end) = status::waived_until(report, found, record, now) {
            ui::out(format!("    the waiver ends {}, or with the next rc", instant::show(end, &zone, now)));
            ui::out(format!("    → allclear waive {} {} --lift", found.version, report.gate.name()));
        }
    }
    if reports.is_empty() {
        ui::out("  all enforced gates are clear");
    }
    ui::out(status::forecast(found, record, &zone, now));
    Ok(())
}

/// A gate, and which of the things that it looked at; all of them where none is named.
pub(crate) type Topic = Option<(String, Option<String>)>;

type Words = BTreeMap<String, ReportText>;

/// Reads the words behind what the gate `reports` shows.
fn words(engine: &Engine<'_>, seen: &Snapshot, reports: &[&GateReport]) -> Result<Words, Fault> {
    let ids: Vec<String> = reports
        .iter()
        .filter(|r| r.gate == Gate::Reports)
        .flat_map(|r| r.finding.subjects.iter().take(SHOWN).map(|s| s.name.clone()))
        .collect();
    if ids.is_empty() { Ok(Words::new()) } else { Ok(engine.report_texts(seen, &ids)?) }
}

fn gate(report: &GateReport, words: &Words, subject: Option<&str>, zone: &TimeZone, now: Timestamp) {
    let finding = &report.finding;
    let advice = if report.enforced { "" } else { " (advice, not counted)" };
    ui::out(format!(
        "\n  {} {}{advice}",
        ui::sign(finding.verdict, report.enforced),
        paint(BOLD, report.gate.name())
    ));
    ui::out(format!("    {}", finding.summary));
    let is_meant = |s: &&Subject| {
        subject.is_none_or(|wanted| s.name.starts_with(wanted) || s.also.as_deref() == Some(wanted))
    };
    let subjects = finding.subjects.iter().filter(is_meant);
    for item in subjects.take(SHOWN) {
        let name = if CommitId::parse(&item.name).is_ok() { &item.name[..12] } else { item.name.as_str() };
        ui::out(format!("      {} {}  {}", ui::sign(item.verdict, report.enforced), name, item.detail));
        if let Some(text) = words.get(&item.name).filter(|_| report.gate == Gate::Reports) {
            let who = text.who.as_deref().map_or("(erased)".into(), |who| short(who, 60));
            let said =
                text.words.as_deref().map(|words| format!(": {}", short(words, 200))).unwrap_or_default();
            ui::out(format!("          {}", paint(DIM, format!("{who}{said}"))));
        }
    }
    if finding.verdict.is_clear() {
        return;
    }
    let helps = match (finding.kind, finding.clears_at) {
        (Kind::Time, Some(at)) => format!(
            "waiting helps: it clears by itself {} ({})",
            instant::show(at, zone, now),
            instant::distance(at, now)
        ),
        (Kind::Time, None) => "waiting helps".into(),
        (Kind::Machine, _) => "waiting helps if the machine reports".into(),
        (Kind::Person, Some(at)) => {
            format!("a person can act; otherwise it ends {}", instant::show(at, zone, now))
        }
        (Kind::Person, None) => "waiting does not help; a person must act".into(),
    };
    ui::out(format!("    {}", paint(DIM, helps)));
    if !finding.actors.is_empty() {
        ui::out(format!("    who: {}", finding.actors.join(", ")));
    }
    // Who asks about one thing need not be sent to ask about it.
    let sent_here = |remedy: &&String| subject.is_some() && remedy.starts_with("allclear why ");
    for remedy in finding.remedy.iter().filter(|remedy| !sent_here(remedy)) {
        ui::out(format!("    → {remedy}"));
    }
}
