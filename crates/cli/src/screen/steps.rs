//! What follows a release, step by step.

use super::instant;
use super::ui::{self, BAD, BOLD, DIM, GOOD, WAIT, paint};
use allclear_core::Version;
use allclear_core::decide::after;
use allclear_core::decide::after::{StepReport, StepState};
use allclear_core::ledger::step_end::DoneBy;
use allclear_core::project::Release;
use allclear_core::project::steps::Mark;
use allclear_core::types::text::{count, list, plain, short};
use allclear_engine::Snapshot;
use jiff::Timestamp;
use jiff::tz::TimeZone;

/// Draws the releases whose steps are not all done.
pub(crate) fn publishing(seen: &Snapshot, zone: &TimeZone, now: Timestamp) {
    let releases = seen.project.releases.iter().rev();
    for (version, release) in releases.filter(|(_, r)| after::done(r) < r.after.len()) {
        ui::out("");
        show(*version, release, zone, now, false);
    }
}

/// Draws the steps of one release; with `whole`, what they printed too.
pub(crate) fn show(version: Version, release: &Release, zone: &TimeZone, now: Timestamp, whole: bool) {
    ui::out(format!(
        "{}   {}   {} · {}, {}",
        paint(BOLD, version.to_string()),
        after::word(release),
        release.tag,
        instant::show(release.at, zone, now),
        instant::distance(release.at, now)
    ));
    let width = release.after.iter().map(|step| step.name.len()).max().unwrap_or(0);
    for report in after::report(release, now) {
        let (style, sign) = match report.state {
            StepState::Done => (GOOD, "✔"),
            StepState::Waiting | StepState::Due | StepState::Running => (WAIT, "…"),
            StepState::Retrying | StepState::Unconfirmed => (WAIT, "?"),
            StepState::Unknown => (BAD, "✖"),
        };
        let style = if report.progress.needs_somebody(report.step, now) { BAD } else { style };
        let name = short(&report.step.name, 40);
        ui::out(format!("  {} {name:width$}  {}", paint(style, sign), said(&report, zone, now)));
        if whole && let Some(said) = report.progress.said.as_ref().filter(|_| report.state != StepState::Done)
        {
            said.lines().for_each(|line| ui::out(paint(DIM, format!("      {}", plain(line)))));
        }
        if report.progress.needs_somebody(report.step, now) {
            for remedy in allclear_core::decide::notices::remedy(version, &name) {
                ui::out(format!("      → {remedy}"));
            }
        }
    }
}

fn said(report: &StepReport<'_>, zone: &TimeZone, now: Timestamp) -> String {
    let progress = &report.progress;
    let why = progress.why.as_deref().map(|why| short(why, 160)).unwrap_or_default();
    let next =
        report.next_at.filter(|at| *at > now).map(|at| format!(" · again {}", instant::show(at, zone, now)));
    let next = next.unwrap_or_else(|| " · at the next tick".into());
    match (report.state, progress.mark) {
        (StepState::Done, Mark::Done(DoneBy::Probed)) => "done before anything was run".into(),
        (StepState::Done, Mark::Done(DoneBy::Told)) => "done, according to a person".into(),
        (StepState::Done, _) => "done".into(),
        (StepState::Waiting, _) => format!("waits for {}", plain(&list(&report.waits_for))),
        (StepState::Running, Mark::Begun { until }) => {
            format!("running on a machine, until {} at the latest", instant::show(until, zone, now))
        }
        (StepState::Unknown, _) if why.is_empty() => {
            "started and never finished; it is not known whether it happened".into()
        }
        (StepState::Unknown, _) => why,
        (StepState::Due | StepState::Running, _) if why.is_empty() => "due at the next tick".into(),
        (StepState::Due | StepState::Running | StepState::Retrying | StepState::Unconfirmed, _) => {
            format!("{why} ({}){next}", count(progress.tries as usize, "try").replace("trys", "tries"))
        }
    }
}
