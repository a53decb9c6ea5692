//! `report`: what users say of an rc, and what captains answer.

use super::act::done;
use crate::args::{Args, ReportCommand, Tried};
use crate::exit::Exit;
use crate::place::Place;
use allclear_core::ledger::event::ReportOutcome;
use allclear_core::types::text::short;
use allclear_core::{RcNumber, Version};
use allclear_engine::{Fault, FaultKind, ReportWish};
use serde_json::json;

pub(super) fn run(args: &Args, what: &ReportCommand) -> Result<Exit, Fault> {
    match what {
        ReportCommand::Good(tried) => file(args, tried, ReportOutcome::Good),
        ReportCommand::Bad(tried) => file(args, tried, ReportOutcome::Bad),
        ReportCommand::Confirm { id } => {
            let (version, id) = Place::open(args)?.engine().confirm_report(id)?;
            Ok(answered(args, version, &id, "is the candidate's own; it stands until it is fixed"))
        }
        ReportCommand::Resolve { id, fixed_by: Some(fix), .. } => {
            let (version, id) = Place::open(args)?.engine().resolve_report(id, fix)?;
            Ok(answered(args, version, &id, "is resolved as soon as the candidate has the fix"))
        }
        ReportCommand::Resolve { id, not_ours, .. } => {
            let why = not_ours.as_deref().unwrap_or_default();
            let (version, id) = Place::open(args)?.engine().dismiss_report(id, why)?;
            Ok(answered(args, version, &id, "is resolved: not the candidate's"))
        }
    }
}

fn file(args: &Args, tried: &Tried, outcome: ReportOutcome) -> Result<Exit, Fault> {
    let (version, rc) = rc(&tried.rc)?;
    let place = Place::open(args)?;
    let engine = place.engine();
    let who = engine.by.who.clone();
    let id = engine.report(&ReportWish { version, rc, outcome, who, words: tried.message.clone() })?;
    let text = match outcome {
        ReportOutcome::Good => {
            format!("thank you: report {id} counts for rc.{rc} of {version}, and for no other")
        }
        ReportOutcome::Bad => format!(
            "thank you: report {id} stands against {version} until it is answered, or you say good of a later rc"
        ),
    };
    Ok(done(
        args,
        text,
        json!({"schema": "allclear.report/1", "report": id, "version": version, "rc": rc, "outcome": outcome}),
    ))
}

fn answered(args: &Args, version: Version, id: &str, what: &str) -> Exit {
    let value = json!({"schema": "allclear.report/1", "report": id, "version": version});
    done(args, format!("report {id} of {version} {what}"), value)
}

/// Erases the words of a report.
pub(super) fn erase(args: &Args, report: &str) -> Result<Exit, Fault> {
    Place::open(args)?.engine().erase_report(report)?;
    let text = format!(
        "the words and the name of report {report} are erased from the ref; the server drops the old object at its next gc"
    );
    Ok(done(args, text, json!({"schema": "allclear.report/1", "report": report, "erased": true})))
}

/// Reads `2.9.0-rc.1`, with or without `v`.
fn rc(text: &str) -> Result<(Version, RcNumber), Fault> {
    let parts = text.trim().trim_start_matches('v').split_once("-rc.");
    let parsed = parts.and_then(|(version, n)| Some((Version::parse(version).ok()?, n.parse().ok()?)));
    parsed.ok_or_else(|| {
        Fault::new(FaultKind::Usage, format!("`{}` is no rc", short(text, 40))).hint("--rc 2.9.0-rc.1")
    })
}
