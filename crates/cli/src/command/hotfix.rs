//! `hotfix`: a candidate leaves stable, beside whatever rides.

use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::{self, BOLD, WAIT, paint};
use allclear_core::Version;
use allclear_core::types::text::{list, short};
use allclear_engine::{Fault, HotfixPlan, HotfixWish};
use serde_json::json;

pub(super) fn run(
    args: &Args,
    version: Option<Version>,
    reason: &str,
    dry_run: bool,
    yes: bool,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let wish = HotfixWish { version, reason: reason.to_owned(), may_found: true };
    if dry_run {
        show(&place.engine().hotfix_dry(&wish)?, args, true);
        return Ok(Exit::Done);
    }
    if !yes {
        let hotfix = place.engine().hotfix_dry(&wish)?;
        if !args.json {
            show(&hotfix, args, true);
        }
        ui::confirm(&format!("Cut the hotfix {}?", hotfix.plan.cut.version), false)?;
    }
    show(&place.engine().hotfix(&wish)?, args, false);
    Ok(Exit::Done)
}

fn show(hotfix: &HotfixPlan, args: &Args, dry: bool) {
    let HotfixPlan { plan, riding, despite } = hotfix;
    let cut = &plan.cut;
    let (policy, branches) = (&cut.policy, &cut.policy.branches);
    if args.json {
        ui::json(&json!({
            "schema": "allclear.hotfix/1", "dry_run": dry, "version": cut.version, "branch": cut.branch,
            "tag": plan.tag, "from": cut.from, "head": cut.head, "reason": cut.reason, "reasons": cut.reasons,
            "changed": plan.changed, "carried_into": riding, "despite": despite,
        }));
        return;
    }
    let word = if dry { "would be cut" } else { "cut" };
    ui::out(format!(
        "{} hotfix {word} from {} at {}: {}",
        paint(BOLD, cut.version.to_string()),
        branches.stable,
        cut.from.short(),
        short(cut.reason.as_deref().unwrap_or_default(), 100)
    ));
    for reason in &cut.reasons {
        ui::out(format!("  {reason}"));
    }
    ui::out(format!("  branch {}, tag {} at {}", cut.branch, plan.tag, cut.head.short()));
    if !plan.changed.is_empty() {
        ui::out(format!("  one commit on top sets the version in {}", list(&plan.changed)));
    }
    ui::out(format!("  it soaks {} by [hotfix] of allclear.toml", policy.gates.soak.length));
    if let Some(despite) = despite {
        ui::out(format!("  {} {despite}; a hotfix does not wait for that", paint(WAIT, "!")));
    }
    let riding: Vec<String> = riding.iter().map(ToString::to_string).collect();
    if riding.is_empty() {
        ui::out(format!("  when it is released, {} gets it", branches.develop));
    } else {
        let them = list(&riding);
        let version = cut.version;
        ui::out(format!("  when it is released, {} gets it, and {them} with a new rc", branches.develop));
        ui::out(format!(
            "  if {them} left first, {version} would be too late: allclear hold {} --reason TEXT",
            riding[0]
        ));
    }
    if !dry {
        ui::out(format!("Push the fix to {}. allclear status shows how far it is.", cut.branch));
    }
}
