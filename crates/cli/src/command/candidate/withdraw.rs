//! `withdraw`: a candidate ends without a release.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui::{self, BOLD, paint};
use crate::screen::withdrawn;
use allclear_core::Version;
use allclear_core::types::text::plain;
use allclear_engine::{Fault, Withdrawn};
use serde_json::json;

/// End a candidate without a release.
///
/// Its commits are kept, its number is never used again.
#[derive(Debug, clap::Args)]
pub(crate) struct Withdraw {
    /// The candidate; the open one where absent.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Show what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Answer the confirmation with yes.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Withdraw {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { version, ref reason, dry_run, yes } = *self;
        let context = Context::open(flags)?;
        let engine = context.engine();
        if dry_run {
            show(&engine.withdraw_dry(version, reason)?, flags, true);
            return Ok(Exit::Done);
        }
        let mut version = version;
        if !yes {
            let plan = engine.withdraw_dry(version, reason)?;
            if !flags.json {
                show(&plan, flags, true);
            }
            ui::confirm(&format!("Withdraw {}?", plan.version), false)?;
            version = Some(plan.version);
        }
        show(&engine.withdraw(version, reason)?, flags, false);
        Ok(Exit::Done)
    }
}

fn show(done: &Withdrawn, flags: &Flags, dry: bool) {
    let Withdrawn { version, branch, head, archive, fixes, develop, own, before } = done;
    if flags.json {
        let fixes: Vec<_> =
            fixes.iter().map(|(commit, subject)| json!({"commit": commit, "subject": subject})).collect();
        ui::json(&json!({
            "schema": "allclear.withdraw/1", "dry_run": dry, "version": version, "branch": branch, "head": head,
            "archive": archive, "before": before, "not_on_develop": fixes,
        }));
        return;
    }
    let word = match (dry, before) {
        (_, true) => "was withdrawn before",
        (true, false) => "would be withdrawn",
        (false, false) => "is withdrawn",
    };
    ui::out(format!("{} {word}", paint(BOLD, version.to_string())));
    match head {
        Some(head) => ui::out(format!("  {branch} ends at {}, which {} keeps", head.short(), plain(archive))),
        None if !own => {
            ui::out(format!("  {branch} is not the branch of a candidate {version}, and is left alone"));
        }
        None => ui::out(format!("  {branch} is gone; {} keeps its commits", plain(archive))),
    }
    ui::out("  its rc tags stay, and its number is never used again");
    withdrawn::commands(develop.as_str(), archive, fixes);
}
