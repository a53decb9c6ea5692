//! `withdraw`: a candidate ends without a release.

use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::{self, BOLD, paint};
use allclear_core::types::text::plain;
use allclear_core::{CommitId, Version};
use allclear_engine::{Fault, Withdrawn};
use serde_json::json;

pub(super) fn run(
    args: &Args,
    version: Option<Version>,
    reason: &str,
    dry_run: bool,
    yes: bool,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let engine = place.engine();
    if dry_run {
        show(&engine.withdraw_dry(version, reason)?, args, true);
        return Ok(Exit::Done);
    }
    let mut version = version;
    if !yes {
        let plan = engine.withdraw_dry(version, reason)?;
        if !args.json {
            show(&plan, args, true);
        }
        ui::confirm(&format!("Withdraw {}?", plan.version), false)?;
        version = Some(plan.version);
    }
    show(&engine.withdraw(version, reason)?, args, false);
    Ok(Exit::Done)
}

fn show(done: &Withdrawn, args: &Args, dry: bool) {
    let Withdrawn { version, branch, head, archive, fixes, develop, aborts, before } = done;
    if args.json {
        let fixes: Vec<_> =
            fixes.iter().map(|(commit, subject)| json!({"commit": commit, "subject": subject})).collect();
        ui::json(&json!({
            "schema": "allclear.withdraw/1", "dry_run": dry, "version": version, "branch": branch, "head": head,
            "archive": archive, "aborts_promotion": aborts, "before": before, "not_on_develop": fixes,
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
        None => ui::out(format!("  {branch} is gone; {} keeps its commits", plain(archive))),
    }
    if *aborts {
        ui::out("  the plan of its promotion is fenced and aborted");
    }
    ui::out("  its rc tags stay, and its number is never used again");
    offer(develop.as_str(), archive, fixes);
}

/// Says which fixes develop lacks, and the commands that bring them.
pub(super) fn offer(develop: &str, archive: &str, fixes: &[(CommitId, String)]) {
    if fixes.is_empty() {
        return;
    }
    ui::out(format!("{} not on {develop}:", super::status::are(fixes.len())));
    for (id, subject) in fixes {
        ui::out(format!("  {} {}", id.short(), plain(subject)));
    }
    let ids: Vec<&str> = fixes.iter().map(|(id, _)| id.as_str()).collect();
    ui::out(format!("  git fetch origin {develop} {}", plain(archive)));
    ui::out(format!("  git switch {develop} && git merge --ff-only origin/{develop}"));
    ui::out(format!("  git cherry-pick -x {}", ids.join(" ")));
    ui::out(format!("  git push origin {develop}"));
}
