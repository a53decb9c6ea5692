//! `cut`: a candidate leaves develop.

use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::{self, BOLD, WAIT, paint};
use allclear_core::Version;
use allclear_core::text::list;
use allclear_engine::{CutPlan, CutWish, Fault, FaultKind};
use serde_json::json;

pub(super) fn run(args: &Args, version: Option<&str>, dry_run: bool, yes: bool) -> Result<Exit, Fault> {
    let version = version.map(Version::parse).transpose().map_err(|e| Fault::new(FaultKind::Usage, e.to_string()))?;
    let place = Place::open(args)?;
    let wish = CutWish { version, slot: None, may_found: true };
    if dry_run {
        show(&place.engine().cut_dry(&wish)?, args, true);
        return Ok(Exit::Done);
    }
    if !yes {
        let plan = place.engine().cut_dry(&wish)?;
        show(&plan, args, true);
        ui::confirm(&format!("Cut {}?", plan.cut.version), false)?;
    }
    show(&place.engine().cut(&wish)?, args, false);
    Ok(Exit::Done)
}

fn show(plan: &CutPlan, args: &Args, dry: bool) {
    let cut = &plan.cut;
    if args.json {
        ui::json(&json!({
            "schema": "allclear.cut/1", "dry_run": dry, "version": cut.version, "branch": cut.branch, "tag": plan.tag,
            "from": cut.from, "head": cut.head, "bump": cut.bump, "reasons": cut.reasons,
            "version_files": cut.version_files.iter().map(|f| &f.path).collect::<Vec<_>>(), "conflicts": plan.conflicts,
        }));
        return;
    }
    let word = if dry { "would be cut" } else { "cut" };
    ui::out(format!("{} {word} from {} at {}", paint(BOLD, cut.version.to_string()), cut.policy.branches.develop, cut.from.short()));
    for reason in &cut.reasons {
        ui::out(format!("  {reason}"));
    }
    ui::out(format!("  branch {}, tag {} at {}", cut.branch, plan.tag, cut.head.short()));
    if cut.head != cut.from {
        let files: Vec<&str> = cut.version_files.iter().map(|f| f.path.as_str()).collect();
        ui::out(format!("  one commit on top sets the version in {}", list(&files)));
    }
    if !plan.conflicts.is_empty() {
        ui::out(format!("  {} merging it back would conflict today in {}", paint(WAIT, "!"), list(&plan.conflicts)));
    }
    if !dry {
        ui::out("Only fixes from here on. allclear status shows how far it is.");
    }
}
