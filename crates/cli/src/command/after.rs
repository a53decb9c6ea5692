//! `after`: what follows a release, step by step; and a person's word where a machine cannot tell.

use crate::args::{Args, Now};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::ui::{self, BAD, BOLD, DIM, GOOD, WAIT, paint};
use crate::{view, when};
use allclear_core::Version;
use allclear_core::after::{self, By, Mark, StepReport, StepState};
use allclear_core::project::Release;
use allclear_core::text::{count, list, plain, short};
use allclear_engine::{Fault, Snapshot, StepDecision};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::json;

pub(super) fn run(
    args: &Args,
    version: Option<Version>,
    retry: Option<&str>,
    done: Option<&str>,
    reason: Option<&str>,
    now: &Now,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    if let Some(step) = retry.or(done) {
        let word =
            done.map_or(StepDecision::Retry, |_| StepDecision::Done(reason.unwrap_or_default().to_owned()));
        let version = place.engine().decide_step(version, step, &word)?;
        if args.json {
            let retried = retry.is_some();
            ui::json(
                &json!({"schema": "allclear.after/1", "version": version, "step": step, "retried": retried}),
            );
        } else if retry.is_some() {
            ui::out(format!("step {step} of {version} is tried anew by the next tick"));
        } else {
            ui::out(format!("step {step} of {version} is done, as you say"));
        }
        return Ok(Exit::Done);
    }
    let seen = place.look(args)?;
    let now = super::instant(now, &seen, &place)?;
    let (version, release) = seen.pick_release(version)?;
    if args.json {
        let steps = view::steps(release, now);
        let state = view::word_of(release);
        ui::json(
            &json!({"schema": "allclear.after/1", "version": version, "tag": release.tag, "state": state, "steps": steps}),
        );
    } else {
        show(version, release, &zone_of(&seen), now, true);
    }
    Ok(exit(release, now))
}

/// Draws the releases whose steps are not all done.
pub(super) fn publishing(seen: &Snapshot, zone: &TimeZone, now: Timestamp) {
    let releases = seen.project.releases.iter().rev();
    for (version, release) in releases.filter(|(_, r)| after::done(r) < r.after.len()) {
        ui::out("");
        show(*version, release, zone, now, false);
    }
}

fn show(version: Version, release: &Release, zone: &TimeZone, now: Timestamp, whole: bool) {
    ui::out(format!(
        "{}   {}   {} · {}, {}",
        paint(BOLD, version.to_string()),
        after::word(release),
        release.tag,
        when::show(release.at, zone, now),
        when::distance(release.at, now)
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
            for remedy in allclear_core::notice::remedy(version, &name) {
                ui::out(format!("      → {remedy}"));
            }
        }
    }
}

fn said(report: &StepReport<'_>, zone: &TimeZone, now: Timestamp) -> String {
    let progress = &report.progress;
    let why = progress.why.as_deref().map(|why| short(why, 160)).unwrap_or_default();
    let next =
        report.next_at.filter(|at| *at > now).map(|at| format!(" · again {}", when::show(at, zone, now)));
    let next = next.unwrap_or_else(|| " · at the next tick".into());
    match (report.state, progress.mark) {
        (StepState::Done, Mark::Done(By::Probed)) => "done before anything was run".into(),
        (StepState::Done, Mark::Done(By::Told)) => "done, as a person says".into(),
        (StepState::Done, _) => "done".into(),
        (StepState::Waiting, _) => format!("waits for {}", plain(&list(&report.waits_for))),
        (StepState::Running, Mark::Begun { until }) => {
            format!("a machine is at it, at the latest until {}", when::show(until, zone, now))
        }
        (StepState::Unknown, _) if why.is_empty() => {
            "begun and never ended; nobody can tell whether it happened".into()
        }
        (StepState::Unknown, _) => why,
        (StepState::Due | StepState::Running, _) if why.is_empty() => "due at the next tick".into(),
        (StepState::Due | StepState::Running | StepState::Retrying | StepState::Unconfirmed, _) => {
            format!("{why} ({}){next}", count(progress.tries as usize, "try").replace("trys", "tries"))
        }
    }
}

/// Gives the exit code: done, a person is needed, or machines will do.
fn exit(release: &Release, now: Timestamp) -> Exit {
    if after::done(release) == release.after.len() {
        Exit::Done
    } else if after::report(release, now).iter().any(|r| r.progress.needs_somebody(r.step, now)) {
        Exit::Blocked
    } else {
        Exit::Waiting
    }
}
