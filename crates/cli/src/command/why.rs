//! `why`: every blocker with its reason, who can act, and whether waiting helps.

use crate::args::{Args, Now};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::ui::{self, BOLD, DIM, paint};
use crate::{view, when};
use allclear_core::assess::{CandidateAssessment, GateReport};
use allclear_core::gate::{GATES, Gate, Kind, Subject};
use allclear_core::text::short;
use allclear_core::{CommitId, Version};
use allclear_engine::{Engine, Fault, FaultKind, ReportText, Snapshot};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;
use std::collections::BTreeMap;

/// How many things a gate looked at are shown.
const SHOWN: usize = 20;

pub(super) fn run(args: &Args, about: &[String], now: &Now) -> Result<Exit, Fault> {
    let (version, topic) = parse(about)?;
    let place = Place::open(args)?;
    let seen = place.look(args)?;
    let now = super::instant(now, &seen, &place)?;
    let assessment = seen.assess(now);
    if let Some(version) = version {
        seen.pick(Some(version))?;
    }
    let chosen: Vec<&CandidateAssessment> =
        assessment.candidates.iter().filter(|c| version.is_none_or(|v| v == c.version)).collect();
    if args.json {
        let mut value = view::status(&place, &seen, &assessment);
        value["schema"] = json!("allclear.why/1");
        if let Some(list) = value["candidates"].as_array_mut() {
            list.retain(|c| version.is_none_or(|v| c["version"] == json!(v)));
            for candidate in list.iter_mut().filter(|_| topic.is_some()) {
                for key in ["gates", "blockers"] {
                    if let Some(gates) = candidate[key].as_array_mut() {
                        gates.retain(|g| topic.as_ref().is_none_or(|(gate, _)| g["gate"] == json!(gate)));
                    }
                }
            }
        }
        ui::json(&value);
        return Ok(view::exit(&assessment, version));
    }
    for stop in &assessment.stops {
        ui::out(format!("nothing is decided: {}", stop.why));
        stop.remedy.iter().for_each(|r| ui::out(format!("  → {r}")));
    }
    if chosen.is_empty() && assessment.stops.is_empty() {
        ui::out("No candidate is open; nothing stands in the way of anything.");
    }
    for (nth, found) in chosen.into_iter().enumerate() {
        if nth > 0 {
            ui::out("");
        }
        explain(&place.engine(), &seen, found, &topic, now)?;
    }
    for offer in seen.facts.offers.iter().filter(|o| version.is_none_or(|v| v == o.version)) {
        let develop = seen.project.develop.as_ref().map_or("develop", |d| d.as_str());
        ui::out(format!("\n{} was withdrawn", paint(BOLD, offer.version.to_string())));
        super::withdraw::offer(develop, &offer.archive, &offer.fixes);
    }
    Ok(view::exit(&assessment, version))
}

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
    ui::out(format!("{}   {}   {}", paint(BOLD, found.version.to_string()), view::word(found), found.commit));
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
            crate::results::story(&row);
        }
        if let Some(end) = super::status::waived_until(report, found, record, now) {
            ui::out(format!("    the waiver ends {}, or with the next rc", when::show(end, &zone, now)));
            ui::out(format!("    → allclear waive {} {} --lift", found.version, report.gate.name()));
        }
    }
    if reports.is_empty() {
        ui::out("  all enforced gates are clear");
    }
    ui::out(super::status::forecast(found, record, &zone, now));
    Ok(())
}

/// A gate, and which of the things that it looked at; all of them where none is named.
pub(crate) type Topic = Option<(String, Option<String>)>;

fn parse(about: &[String]) -> Result<(Option<Version>, Topic), Fault> {
    let usage = |what: String| Fault::new(FaultKind::Usage, what).truth("nothing was read");
    let (version, rest) = match about.first() {
        Some(first) if first.starts_with(|c: char| c.is_ascii_digit()) => {
            (Some(Version::parse(first).map_err(|e| usage(e.to_string()))?), about.get(1))
        }
        first => (None, first),
    };
    let Some(topic) = rest else { return Ok((version, None)) };
    let (gate, subject) =
        topic.split_once(':').map_or((topic.as_str(), None), |(g, s)| (g, Some(s.to_owned())));
    let names: Vec<&str> = GATES.iter().map(|(_, name, ..)| *name).collect();
    if !names.contains(&gate) {
        return Err(usage(format!("there is no gate `{}`", short(gate, 40)))
            .hint(format!("the gates are {}", names.join(", "))));
    }
    Ok((version, Some((gate.to_owned(), subject))))
}

/// What reporters said, by the report's id.
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
            when::show(at, zone, now),
            when::distance(at, now)
        ),
        (Kind::Time, None) => "waiting helps".into(),
        (Kind::Machine, _) => "waiting helps if the machine reports".into(),
        (Kind::Person, Some(at)) => {
            format!("a person can act; otherwise it ends {}", when::show(at, zone, now))
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
