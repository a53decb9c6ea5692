//! `cut`: a candidate leaves develop.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::try_it;
use crate::screen::ui::{self, BOLD, WAIT, paint};
use allclear_core::Version;
use allclear_core::types::text::{count, list};
use allclear_engine::{CutPlan, CutWish, Fault, FaultKind};
use serde_json::json;

/// Cut a candidate from develop.
#[derive(Debug, clap::Args)]
pub(crate) struct Cut {
    /// The version; chosen from what changed where absent.
    #[arg(long, value_name = "X.Y.Z")]
    version: Option<String>,
    /// Show what would happen, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Answer the confirmation with yes.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Cut {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { ref version, dry_run, yes } = *self;
        let version = version
            .as_deref()
            .map(Version::parse)
            .transpose()
            .map_err(|e| Fault::new(FaultKind::Usage, e.to_string()))?;
        let context = Context::open(flags)?;
        let wish = CutWish { version, slot: None, may_found: true };
        if dry_run {
            show(&context.engine().cut_dry(&wish)?, flags, true);
            return Ok(Exit::Done);
        }
        if !yes {
            let plan = context.engine().cut_dry(&wish)?;
            if !flags.json {
                show(&plan, flags, true);
            }
            ui::confirm(&format!("Cut {}?", plan.cut.version), false)?;
        }
        let plan = context.engine().cut(&wish)?;
        show(&plan, flags, false);
        if !flags.json {
            try_it::show(&context.ways_to_try(&plan.cut.head, &plan.tag));
        }
        Ok(Exit::Done)
    }
}

fn show(plan: &CutPlan, flags: &Flags, dry: bool) {
    let cut = &plan.cut;
    if flags.json {
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
            "it lacks {} of {stable}: merge {stable} into {} before it can be released",
            count(plan.lacks_stable, "commit"),
            cut.branch
        );
        ui::out(format!("  {} {text}", paint(WAIT, "!")));
    }
    if !dry {
        ui::out("Only fixes from here on. allclear status shows how far it is.");
    }
}
