//! `hotfix`: a candidate leaves stable, beside whatever rides.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui::{self, BOLD, WAIT, paint};
use allclear_core::Version;
use allclear_core::types::text::{list, short};
use allclear_engine::{Fault, HotfixPlan, HotfixWish};
use serde_json::json;

/// Cut a candidate from stable, beside the open candidates.
#[derive(Debug, clap::Args)]
pub(crate) struct Hotfix {
    /// The version; the next patch of the last release where absent.
    #[arg(long, value_parser = Version::parse, value_name = "X.Y.Z")]
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

impl Command for Hotfix {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { version, ref reason, dry_run, yes } = *self;
        let context = Context::open(flags)?;
        let wish = HotfixWish { version, reason: reason.clone(), may_found: true };
        if dry_run {
            show(&context.engine().hotfix_dry(&wish)?, flags, true);
            return Ok(Exit::Done);
        }
        if !yes {
            let hotfix = context.engine().hotfix_dry(&wish)?;
            if !flags.json {
                show(&hotfix, flags, true);
            }
            ui::confirm(&format!("Cut the hotfix {}?", hotfix.plan.cut.version), false)?;
        }
        show(&context.engine().hotfix(&wish)?, flags, false);
        Ok(Exit::Done)
    }
}

fn show(hotfix: &HotfixPlan, flags: &Flags, dry: bool) {
    let HotfixPlan { plan, riding, despite } = hotfix;
    let cut = &plan.cut;
    let (policy, branches) = (&cut.policy, &cut.policy.branches);
    if flags.json {
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
        ui::out(format!("  when it is released, it is merged into {}", branches.develop));
    } else {
        let them = list(&riding);
        let version = cut.version;
        ui::out(format!(
            "  when it is released, it is merged into {}, and into {them} as a new rc",
            branches.develop
        ));
        ui::out(format!(
            "  if {them} were released first, {version} would be too late: allclear hold {} --reason TEXT",
            riding[0]
        ));
    }
    if !dry {
        ui::out(format!("Push the fix to {}. allclear status shows how far it is.", cut.branch));
    }
}
