//! The table of an experiment.

use super::instant::took;
use super::ui::{self, BAD, BOLD, DIM, GOOD, WAIT, paint};
use crate::json::experiment::arm;
use allclear_core::experiment::{Attempt, Comparison, Mode, Outcome, Row, Tier, Verdict};
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::types::text::{count, list, plain, short};
use allclear_engine::{CheckRun, RecordStatus, Tested};
use anstyle::Style;
use std::io::{Read, Seek, SeekFrom};

/// How many causes are shown.
const CAUSES: usize = 40;
/// How many lines of a log are shown, and how many bytes of it are read for them.
const LINES: usize = 20;
const TAIL: u64 = 16 << 10;
/// How many names of one cause are shown.
const NAMES: usize = 6;

/// Prints the table, worst first, what fails in the same way as one.
pub(crate) fn show(project: &str, tested: &Tested) {
    let experiment = &tested.experiment;
    let rows: Vec<&Row> = tested.rows().collect();
    let against = experiment
        .baseline
        .as_ref()
        .map_or_else(|| "nothing released before".to_owned(), |b| b.version.to_string());
    let head = format!("{project} {}", experiment.candidate.version);
    let time = took(experiment.millis);
    ui::out(format!(
        "{} {} against {against} · {} · {time}",
        paint(BOLD, head),
        experiment.candidate.commit.short(),
        tally(&rows),
    ));
    let causes = causes(&rows);
    for cause in causes.iter().take(CAUSES) {
        ui::out("");
        show_cause(cause, tested);
    }
    if causes.len() > CAUSES {
        ui::out(format!("\n… and {}; --json shows all", count(causes.len() - CAUSES, "more cause")));
    }
    let bad: Vec<&CheckRun> =
        tested.checks.iter().filter(|c| c.outcome != Some(CheckOutcome::Passed)).collect();
    for run in &bad {
        ui::out("");
        let (style, sign) = if run.outcome.is_some() { (BAD, "✖") } else { (WAIT, "?") };
        ui::out(format!(
            "{} check {} {}",
            paint(style, sign),
            short(&run.name, 60),
            run.attempt.outcome.name()
        ));
        if let Some(why) = run.attempt.error.as_ref().or(run.attempt.note.as_ref()) {
            ui::out(format!("    {}", plain(why)));
        }
    }
    ui::out("");
    let good = tested.checks.len() - bad.len();
    if good > 0 {
        ui::out(format!("{} passed", count(good, "check")));
    }
    show_end(tested);
}

/// Says what it all means.
fn show_end(tested: &Tested) {
    let coverage = tested.coverage;
    if coverage.of + coverage.left_out > 0 {
        let percent = (coverage.conclusive * 100).checked_div(coverage.of).unwrap_or(100);
        let out = match coverage.left_out {
            0 => String::new(),
            1 => "; 1 cannot be tested with any version and does not count".into(),
            n => format!("; {n} cannot be tested with any version and do not count"),
        };
        ui::out(format!("{} of {} answered ({percent} %){out}", coverage.conclusive, coverage.of));
    }
    let (style, words) = match tested.verdict {
        Verdict::Passed if advised(tested) => (WAIT, "regressed, as advice only (tier = \"should\")"),
        Verdict::Passed => (GOOD, "nothing regressed"),
        Verdict::Regressed => (BAD, "regressed, which blocks the release (tier = \"must\")"),
        Verdict::Inconclusive => (WAIT, "not conclusive: what has no result yet may have regressed"),
    };
    ui::out(paint(style, words));
    if tested.verdict == Verdict::Inconclusive {
        ui::out("→ allclear test --rerun failed tries those again, and keeps what passed");
    }
    match &tested.kept {
        RecordStatus::Recorded => {
            ui::out(format!("on record as experiment {}", tested.experiment.experiment));
        }
        RecordStatus::AlreadyRecorded => {
            ui::out(format!("on record already, as experiment {}", tested.experiment.experiment));
        }
        RecordStatus::NotRecorded(why) => ui::out(paint(DIM, format!("not recorded: {why}"))),
    }
    if !tested.ripe.is_empty() {
        let names: Vec<String> = tested.ripe.iter().take(NAMES).map(|name| short(name, 60)).collect();
        let more = tested.ripe.len().saturating_sub(NAMES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        let names = if more.is_empty() { list(&names) } else { names.join(", ") };
        ui::out(format!("→ clean three times: {names}{more} may become tier = \"must\" in allclear.toml"));
    }
}

fn advised(tested: &Tested) -> bool {
    tested.rows().any(|row| row.comparison == Comparison::Regressed)
}

/// Counts rows: `81 downstreams: 1 regressed, 80 ok`.
fn tally(rows: &[&Row]) -> String {
    let mut each: Vec<(Comparison, usize)> = Vec::new();
    for row in rows {
        match each.iter_mut().find(|(comparison, _)| *comparison == row.comparison) {
            Some((_, n)) => *n += 1,
            None => each.push((row.comparison, 1)),
        }
    }
    let parts: Vec<String> =
        each.iter().map(|(comparison, n)| format!("{n} {}", comparison.name())).collect();
    match rows {
        [] => "no downstreams".into(),
        _ => format!("{}: {}", count(rows.len(), "downstream"), parts.join(", ")),
    }
}

/// Puts rows that fail in the same way together; what is well has no cause.
fn causes<'a>(rows: &[&'a Row]) -> Vec<Vec<&'a Row>> {
    let mut causes: Vec<Vec<&Row>> = Vec::new();
    for &row in rows.iter().filter(|row| !row.comparison.is_good()) {
        let same = |cause: &&mut Vec<&Row>| {
            let first = cause[0];
            row.signature.is_some()
                && first.signature == row.signature
                && (first.comparison, first.tier) == (row.comparison, row.tier)
        };
        match causes.iter_mut().find(same) {
            Some(cause) => cause.push(row),
            None => causes.push(vec![row]),
        }
    }
    // Worst first, and of equally bad the one that most have.
    causes.sort_by_key(|cause| (cause[0].comparison, cause[0].tier, std::cmp::Reverse(cause.len())));
    causes
}

fn show_cause(cause: &[&Row], tested: &Tested) {
    let first = cause[0];
    let (style, sign) = sign(first.comparison);
    let open = matches!(
        first.comparison,
        Comparison::Regressed | Comparison::Suspect | Comparison::Unchecked | Comparison::UnexpectedPass
    );
    let tier = if open && first.tier == Tier::Should { " (advice)" } else { "" };
    let what = format!("{} {}{}", paint(style, sign), first.comparison.name(), paint(DIM, tier));
    let step = first.step.map(|step| format!("{}: ", step.name())).unwrap_or_default();
    let error = first.error.as_deref().map(|error| format!("{step}{}", short(error, 160)));
    match (cause, &error) {
        ([_], _) => {
            ui::out(format!("{what}  {}", paint(BOLD, short(&first.name, 60))));
            error.iter().for_each(|error| ui::out(format!("    {error}")));
        }
        (_, error) => {
            let why = error.as_deref().unwrap_or_else(|| first.outcome.name());
            ui::out(format!("{what}  {}: {}", paint(BOLD, why), count(cause.len(), "project")));
            let names: Vec<String> = cause.iter().take(NAMES).map(|row| short(&row.name, 60)).collect();
            let more = cause.len().saturating_sub(NAMES);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            ui::out(format!("    {}{more}", names.join(", ")));
        }
    }
    first.note.iter().for_each(|note| ui::out(format!("    {}", short(note, 200))));
    for row in cause.iter().take(NAMES) {
        if let Some(past) = tested.past.get(&row.name) {
            let whose = if cause.len() > 1 { format!("{}: ", short(&row.name, 60)) } else { String::new() };
            ui::out(format!("    {}", paint(DIM, format!("{whose}{past}"))));
        }
    }
    ui::out(format!("    → {}", plain(&first.repro)));
}

/// Gives the sign of a comparison: shape and colour.
fn sign(comparison: Comparison) -> (Style, &'static str) {
    match comparison {
        Comparison::Regressed => (BAD, "✖"),
        Comparison::Suspect | Comparison::UnexpectedPass | Comparison::Unchecked => (WAIT, "?"),
        Comparison::FailingDifferently | Comparison::Flaky => (WAIT, "~"),
        Comparison::StillFailing | Comparison::ExpectedFailure | Comparison::NotApplicable => (DIM, "·"),
        Comparison::Fixed | Comparison::Ok => (GOOD, "✔"),
    }
}

/// Prints all that is known of one downstream: what was looked at, each attempt, and the end of the last log that is
/// on this machine.
pub(crate) fn story(row: &Row) {
    let tag = row.tag.as_ref().map(|tag| format!(" ({})", short(tag, 60))).unwrap_or_default();
    ui::out(format!("\n    {} at {}{tag}", short(&row.project, 120), row.commit.short()));
    if let Some(proof) = &row.proof {
        ui::out(format!("    built with {} {}", plain(&proof.version), plain(&proof.hash)));
    }
    for attempt in &row.attempts {
        // What failed names its step already.
        let step = attempt.step.filter(|step| attempt.outcome != Outcome::failed(*step));
        let step = step.map(|step| format!(" in {}", step.name())).unwrap_or_default();
        let error = attempt.error.as_deref().or(attempt.note.as_deref());
        let error = error.map(|error| format!("  {}", short(error, 120))).unwrap_or_default();
        ui::out(format!(
            "      {:<9} {:<6} {}{step}, {}{error}",
            arm(attempt.arm),
            if attempt.mode == Mode::Fresh { "fresh" } else { "locked" },
            attempt.outcome.name(),
            took(attempt.millis),
        ));
    }
    if let Some((file, end)) = row.attempts.iter().rev().find_map(end_of_log) {
        ui::out(format!("    the log ends ({}):", plain(&file)));
        end.iter().for_each(|line| ui::out(format!("      {}", paint(DIM, plain(line)))));
    }
    ui::out(format!("    → {}", plain(&row.repro)));
}

/// Reads the last lines of an attempt's log, where it is still there.
fn end_of_log(attempt: &Attempt) -> Option<(String, Vec<String>)> {
    let path = attempt.log.as_ref()?;
    let mut file = std::fs::File::open(path).ok()?;
    let from = file.metadata().ok()?.len().saturating_sub(TAIL);
    file.seek(SeekFrom::Start(from)).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    let last = lines.len().saturating_sub(LINES);
    Some((path.clone(), lines[last..].iter().map(|line| (*line).to_owned()).collect()))
}
