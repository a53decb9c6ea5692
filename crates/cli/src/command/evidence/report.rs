//! `report`: what users say of an rc, and what captains answer.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_core::ledger::event::ReportOutcome;
use allclear_core::types::text::short;
use allclear_core::{RcNumber, Version};
use allclear_engine::{Fault, FaultKind, ReportWish};
use serde_json::json;

/// Report how an rc worked for you, or answer such a report.
#[derive(Debug, clap::Args)]
pub(crate) struct Report {
    #[command(subcommand)]
    what: ReportCommand,
}

#[derive(Debug, clap::Subcommand)]
enum ReportCommand {
    /// It works for you.
    Good(Tried),
    /// It does not work for you.
    Bad(Tried),
    /// Say that a bad report was looked at and is the candidate's own.
    Confirm {
        /// The report's id.
        id: String,
    },
    /// Answer a bad report.
    #[command(group = clap::ArgGroup::new("answer").required(true))]
    Resolve {
        /// The report's id.
        id: String,
        /// The commit that fixes it, as soon as the candidate has it.
        #[arg(long, value_name = "COMMIT", group = "answer")]
        fixed_by: Option<String>,
        /// Why the candidate is not at fault.
        #[arg(long, value_name = "TEXT", group = "answer")]
        not_ours: Option<String>,
    },
}

/// What somebody tried.
#[derive(Debug, Clone, clap::Args)]
struct Tried {
    /// The rc.
    #[arg(long, value_name = "X.Y.Z-rc.N")]
    rc: String,
    /// In your own words; they can be erased later.
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
}

impl Command for Report {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        match &self.what {
            ReportCommand::Good(tried) => file(flags, tried, ReportOutcome::Good),
            ReportCommand::Bad(tried) => file(flags, tried, ReportOutcome::Bad),
            ReportCommand::Confirm { id } => {
                let (version, id) = Context::open(flags)?.engine().confirm_report(id)?;
                Ok(answered(flags, version, &id, "is confirmed; it blocks until it is fixed"))
            }
            ReportCommand::Resolve { id, fixed_by: Some(fix), .. } => {
                let (version, id) = Context::open(flags)?.engine().resolve_report(id, fix)?;
                Ok(answered(flags, version, &id, "is resolved as soon as the candidate has the fix"))
            }
            ReportCommand::Resolve { id, not_ours, .. } => {
                let why = not_ours.as_deref().unwrap_or_default();
                let (version, id) = Context::open(flags)?.engine().dismiss_report(id, why)?;
                Ok(answered(flags, version, &id, "is resolved: not the candidate's fault"))
            }
        }
    }
}

fn file(flags: &Flags, tried: &Tried, outcome: ReportOutcome) -> Result<Exit, Fault> {
    let (version, rc) = rc(&tried.rc)?;
    let context = Context::open(flags)?;
    let engine = context.engine();
    let who = engine.by.who.clone();
    let (id, late) =
        engine.report(&ReportWish { version, rc, outcome, who, words: tried.message.clone() })?;
    let text = match outcome {
        ReportOutcome::Good => {
            format!("thank you: report {id} counts for rc.{rc} of {version}, and for no other")
        }
        ReportOutcome::Bad if late => format!(
            "thank you: report {id} is on record; {version} is released already, and allclear hotfix makes a candidate that can fix it"
        ),
        ReportOutcome::Bad => format!(
            "thank you: report {id} blocks {version} until it is answered, or until you report good for a later rc"
        ),
    };
    Ok(ui::done(
        flags.json,
        text,
        json!({"schema": "allclear.report/1", "report": id, "version": version, "rc": rc, "outcome": outcome, "released": late}),
    ))
}

fn answered(flags: &Flags, version: Version, id: &str, what: &str) -> Exit {
    let value = json!({"schema": "allclear.report/1", "report": id, "version": version});
    ui::done(flags.json, format!("report {id} of {version} {what}"), value)
}

/// Reads `2.9.0-rc.1`, with or without `v`.
fn rc(text: &str) -> Result<(Version, RcNumber), Fault> {
    let parts = text.trim().trim_start_matches('v').split_once("-rc.");
    let parsed = parts.and_then(|(version, n)| Some((Version::parse(version).ok()?, n.parse().ok()?)));
    parsed.ok_or_else(|| {
        Fault::new(FaultKind::Usage, format!("`{}` is not an rc", short(text, 40))).hint("--rc 2.9.0-rc.1")
    })
}
