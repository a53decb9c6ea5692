//! `init --patch-ci`: the patch for CI and Dependabot files. Nothing is committed, and nothing is written that was not shown.

use super::work_tree::{in_the_way, read, top, within, write};
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_adopt::to_do::{self, Patch};
use allclear_core::types::text::count;
use allclear_engine::Fault;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Prints the patch for files that name stable and not all that allclear makes; with `yes` applies it.
pub(super) fn run(flags: &Flags, yes: bool) -> Result<Exit, Fault> {
    let context = Context::open(flags)?;
    let patches = context.adoption()?.patches;
    let diff: String = patches.iter().map(|p| to_do::diff(&p.path, Some(&p.before), &p.after)).collect();
    let mut applied = Vec::new();
    if yes && !patches.is_empty() {
        let top = top(&context)?;
        // All are looked at before the first is written.
        let due: Vec<(&Patch, PathBuf)> =
            patches.iter().filter_map(|p| due(top, p).transpose()).collect::<Result<_, _>>()?;
        for (patch, path) in due {
            write(&path, &patch.after).map_err(|e| {
                in_the_way(&patch.path, &format!("cannot be written: {e}")).truth(truth(&applied))
            })?;
            applied.push(patch.path.clone());
        }
    }
    if flags.json {
        let files: Vec<&str> = patches.iter().map(|p| p.path.as_str()).collect();
        ui::json(&json!({"schema": "allclear.patch/1", "files": files, "applied": applied, "diff": diff}));
    } else if patches.is_empty() {
        ui::say("nothing to patch: allclear init shows what is left to do");
    } else if yes {
        for file in &applied {
            ui::out(format!("patched {file}"));
        }
        if applied.is_empty() {
            ui::out("the work tree has it already");
        }
        ui::out("read git diff, commit to develop and push");
    } else {
        ui::out(diff.strip_suffix('\n').unwrap_or(&diff));
        ui::say(format!(
            "{} to patch; git apply takes this, and so does --yes",
            count(patches.len(), "file")
        ));
    }
    Ok(Exit::Done)
}

fn truth(applied: &[String]) -> String {
    if applied.is_empty() { "nothing was changed".into() } else { format!("patched: {}", applied.join(", ")) }
}

/// Gives where a patch goes; `None` where the work tree has it already.
fn due<'a>(top: &Path, patch: &'a Patch) -> Result<Option<(&'a Patch, PathBuf)>, Fault> {
    let path = within(top, &patch.path)?;
    let here = read(&path, &patch.path)?;
    match here {
        Some(bytes) if bytes == patch.after.as_bytes() => Ok(None),
        Some(bytes) if bytes == patch.before.as_bytes() => Ok(Some((patch, path))),
        Some(_) => Err(in_the_way(&patch.path, "is not as it is on the server")
            .hint("commit or stash what is changed, check out develop and pull; or take the patch by hand")),
        None => Err(in_the_way(&patch.path, "is not in the work tree").hint("check out develop and pull")),
    }
}
