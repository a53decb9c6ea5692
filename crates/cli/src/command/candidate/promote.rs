//! `promote`: a candidate that is clear becomes the release.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui::{self, BOLD, GOOD, paint, say};
use allclear_core::Version;
use allclear_engine::{Fault, Note, PromotionPlan, Released};
use serde_json::json;

/// Release a candidate that is clear.
#[derive(Debug, clap::Args)]
pub(crate) struct Promote {
    /// The candidate; the open one where absent.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Only if this is still the candidate's commit.
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// Print every object and ref update, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// Let a tick promote exactly this commit as soon as it is clear.
    #[arg(long, conflicts_with = "dry_run")]
    when_clear: bool,
    /// Complete a release that landed on stable, whole or in part, although it is not clear. A captain's decision.
    #[arg(long, requires_all = ["version", "reason"], conflicts_with_all = ["dry_run", "when_clear"])]
    landed: bool,
    /// Why it is completed, for the record.
    #[arg(long, value_name = "TEXT", requires = "landed")]
    reason: Option<String>,
    /// Answer the confirmation with yes.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Promote {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { version, ref commit, dry_run, when_clear, landed, ref reason, yes } = *self;
        let commit = commit.as_deref();
        let quiet = flags.json;
        let context = Context::open(flags)?.watched(move |note| {
            if !quiet {
                progress(note);
            }
        });
        let engine = context.engine();
        if when_clear {
            ui::confirm("Promote it as soon as it is clear?", yes)?;
            let (version, commit) = engine.promote_when_clear(version, commit)?;
            if flags.json {
                ui::json(
                    &json!({"schema": "allclear.promote/1", "version": version, "commit": commit, "when_clear": true}),
                );
            } else {
                ui::out(format!(
                    "Recorded: a tick promotes {version} as soon as {} is clear.",
                    commit.short()
                ));
            }
            return Ok(Exit::Done);
        }
        if landed {
            ui::confirm("Complete the release although it is not clear?", yes)?;
            let released = engine.complete(version, commit, reason.as_deref().unwrap_or_default())?;
            done(&released, flags);
            return Ok(Exit::Done);
        }
        if dry_run || !yes {
            let (plan, judged) = engine.promote_dry(version, commit)?;
            if flags.json && (!dry_run || judged.is_err()) {
                // One document: why it cannot be done now.
                judged?;
            } else {
                show(&plan, flags);
                judged?;
            }
            if dry_run {
                return Ok(Exit::Done);
            }
            ui::confirm(&format!("Release {}?", plan.promotion.version), false)?;
        }
        let released = engine.promote(version, commit)?;
        done(&released, flags);
        Ok(Exit::Done)
    }
}

fn progress(note: &Note) {
    let line = match note {
        Note::Judged(commit) => format!("1/4 all gates clear for {}", commit.short()),
        Note::Built => "2/4 objects built".into(),
        Note::Pushing(_) => "3/4 pushing all refs and the entry in one transaction".into(),
        Note::ReadBack => "4/4 refs read back over a new connection".into(),
        Note::Overtaken { by } => format!("{by}; judging and building anew"),
        Note::Raced => "somebody else wrote first; looking again".into(),
        Note::Observed
        | Note::Pushed(_)
        | Note::Confirmed(_)
        | Note::StepBegins(..)
        | Note::StepEnded(..)
        | Note::Notified(_)
        | Note::Unsigned => return,
    };
    say(paint(ui::DIM, line));
}

fn show(plan: &PromotionPlan, flags: &Flags) {
    let op = &plan.promotion;
    if flags.json {
        let refs: Vec<_> =
            plan.refs.iter().map(|u| json!({"ref": u.name, "old": u.old, "new": u.new})).collect();
        let objects = json!([
            {"id": op.new_stable, "type": "commit", "parents": if op.new_stable == op.commit { vec![] } else { vec![&op.old_stable, &op.commit] }},
            {"id": op.new_tag, "type": "tag", "name": op.tag, "target": op.new_stable},
            {"id": op.new_develop, "type": "commit", "parents": [&op.old_develop, &op.new_stable]},
        ]);
        ui::json(
            &json!({"schema": "allclear.plan/1", "version": op.version, "commit": op.commit, "refs": refs, "objects": objects, "resolved": op.resolved}),
        );
        return;
    }
    ui::out(format!("Promote {} ({}) → {}", op.branch, op.commit.short(), op.tag));
    let short =
        |id: Option<&allclear_core::CommitId>| id.map_or("(absent)".to_owned(), |id| id.short().to_owned());
    let what = |name: &str| {
        if name == op.stable_branch.to_ref().as_str() && op.new_stable == op.commit {
            "the soaked commit itself".to_owned()
        } else if name == op.stable_branch.to_ref().as_str() {
            format!("merge of {} and {}, with the candidate's tree", op.old_stable.short(), op.commit.short())
        } else if name == op.develop_branch.to_ref().as_str() {
            format!("merge of {} and {}", op.old_develop.short(), op.new_stable.short())
        } else if name.starts_with("refs/tags/") {
            format!("annotated tag of {}", op.new_stable.short())
        } else {
            "branch deleted".to_owned()
        }
    };
    let width = plan.refs.iter().map(|u| u.name.as_str().len()).max().unwrap_or(0);
    for update in &plan.refs {
        let new = update.new.as_ref().map_or("(deleted)".to_owned(), |id| id.short().to_owned());
        ui::out(format!(
            "  {:width$}  {:>8} → {:<9}  {}",
            update.name.as_str(),
            short(update.old.as_ref()),
            new,
            what(update.name.as_str())
        ));
    }
    if !op.resolved.is_empty() {
        ui::out(format!(
            "  conflicts in {} are resolved by rule",
            allclear_core::types::text::list(&op.resolved)
        ));
    }
    ui::out("  one atomic push; each ref moves only from the value shown here");
}

fn done(released: &Released, flags: &Flags) {
    if flags.json {
        ui::json(&json!({
            "schema": "allclear.release/1", "version": released.version, "tag": released.tag, "commit": released.stable,
            "entry": released.entry, "landed": released.landed, "before": released.before,
        }));
    } else if released.before {
        ui::out(format!(
            "{} is released already, as {} at {}",
            released.version,
            released.tag,
            released.stable.short()
        ));
    } else {
        ui::out(format!(
            "{} {} as {} at {} · entry {}",
            paint(GOOD, "✔ released"),
            paint(BOLD, released.version.to_string()),
            released.tag,
            released.stable.short(),
            &released.entry[..released.entry.len().min(12)]
        ));
        if let Some(how) = &released.landed {
            ui::out(format!("  {how}; allclear completed the rest"));
        }
    }
}
