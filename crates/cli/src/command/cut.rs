//! `cut`: a candidate leaves develop.

use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::{self, BOLD, WAIT, paint};
use allclear_core::Version;
use allclear_core::types::text::{count, list};
use allclear_engine::{CutPlan, CutWish, Fault, FaultKind};
use serde_json::json;

pub(super) fn run(args: &Args, version: Option<&str>, dry_run: bool, yes: bool) -> Result<Exit, Fault> {
    let version =
        version.map(Version::parse).transpose().map_err(|e| Fault::new(FaultKind::Usage, e.to_string()))?;
    let place = Place::open(args)?;
    let wish = CutWish { version, slot: None, may_found: true };
    if dry_run {
        show(&place.engine().cut_dry(&wish)?, args, true);
        return Ok(Exit::Done);
    }
    if !yes {
        let plan = place.engine().cut_dry(&wish)?;
        if !args.json {
            show(&plan, args, true);
        }
        ui::confirm(&format!("Cut {}?", plan.cut.version), false)?;
    }
    let plan = place.engine().cut(&wish)?;
    show(&plan, args, false);
    if !args.json {
        super::changelog::say_how_to_try(&place, &plan.cut.head, &plan.tag);
    }
    Ok(Exit::Done)
}

fn show(plan: &CutPlan, args: &Args, dry: bool) {
    let cut = &plan.cut;
    if args.json {
        ui::json(&json!({
            "schema": "allclear.cut/1", "dry_run": dry, "version": cut.version, "branch": cut.branch, "tag": plan.tag,
            "from": cut.from, "head": cut.head, "bump": cut.bump, "reasons": cut.reasons,
            "changed": plan.changed, "lacks_stable": plan.lacks_stable,
        }));
        return;
    }
    let word = if dry { "would be cut" } else { "cut" };
    ui::out(format!(
        "{} {word} from {} at {}",
        paint(BOLD, cut.version.to_string()),
        cut.policy.branches.develop,
        cut.from.short()
    ));
    for reason in &cut.reasons {
        ui::out(format!("  {reason}"));
    }
    ui::out(format!("  branch {}, tag {} at {}", cut.branch, plan.tag, cut.head.short()));
    if !plan.changed.is_empty() {
        let written = |path: &String| Some(path) == cut.policy.changelog_file.as_ref();
        let (logs, files): (Vec<&String>, Vec<&String>) = plan.changed.iter().partition(|path| written(path));
        let sets = (!files.is_empty()).then(|| format!("sets the version in {}", list(&files)));
        let writes = logs.first().map(|path| format!("writes {path}"));
        let does: Vec<String> = sets.into_iter().chain(writes).collect();
        ui::out(format!("  one commit on top {}", list(&does)));
    }
    if plan.lacks_stable > 0 {
        let stable = &cut.policy.branches.stable;
        let text = format!(
            "it lacks {} of {stable}: merge {stable} into {} before it can leave",
            count(plan.lacks_stable, "commit"),
            cut.branch
        );
        ui::out(format!("  {} {text}", paint(WAIT, "!")));
    }
    if !dry {
        ui::out("Only fixes from here on. allclear status shows how far it is.");
    }
}
