//! `init --ci` and `init --patch-ci`: what adoption changes in the work tree. Nothing is committed, and nothing
//! is written that was not shown.

use crate::args::{Args, Scheduler};
use crate::exit::Exit;
use crate::place::Place;
use crate::ui;
use allclear_core::adoption::{self, Home, Patch, scheduler};
use allclear_core::text::{count, plain};
use allclear_engine::{Adoption, Fault, FaultKind};
use serde_json::json;
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// What a workflow installs: this very version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Finds out what is left to do.
pub(crate) fn todo(place: &Place) -> Result<Adoption, Fault> {
    let engine = place.engine();
    Ok(engine.todo(&engine.observe()?, Home::of(&place.clone.remote))?)
}

/// Writes what lets something run `allclear tick`, or prints it.
pub(super) fn schedule(args: &Args, by: Scheduler, print: bool, yes: bool) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    if matches!(by, Scheduler::Cron) {
        let line = cron(&place);
        if args.json {
            ui::json(&json!({"schema": "allclear.schedule/1", "line": line, "written": false}));
        } else {
            ui::out(line);
            ui::say("put this line in with crontab -e; the clone must reach its server without a person");
            ui::say("the list sees it at work when it first wrote to the record");
        }
        return Ok(Exit::Done);
    }
    let names = todo(&place)?.names;
    let develop = &names.develop;
    let mut then = vec![format!("read it, commit it to {develop} and push")];
    let (file, text) = match by {
        Scheduler::Github | Scheduler::Cron => (scheduler::GITHUB_FILE, scheduler::github(&names, VERSION)),
        Scheduler::Gitlab => {
            then.push(format!("add to .gitlab-ci.yml: include: [{{ local: {} }}]", scheduler::GITLAB_FILE));
            then.push(format!(
                "glab schedule create --description allclear --ref {develop} --cron \"*/15 * * * *\""
            ));
            (scheduler::GITLAB_FILE, scheduler::gitlab(&names, VERSION))
        }
    };
    if print {
        ui::out(text.trim_end());
        return Ok(Exit::Done);
    }
    let path = within(top(&place)?, file)?;
    let before = match read(&path, file)? {
        Some(bytes) => Some(String::from_utf8(bytes).map_err(|_| in_the_way(file, "is not UTF-8"))?),
        None => None,
    };
    let written = before.as_deref() != Some(text.as_str());
    if written {
        if let Some(before) = &before {
            let diff = adoption::diff(file, Some(before), &text);
            if !args.json {
                ui::say(diff.lines().map(plain).collect::<Vec<_>>().join("\n"));
            }
        }
        ui::confirm(&format!("{} {file}?", if before.is_some() { "overwrite" } else { "write" }), yes)?;
        write(&path, &text).map_err(|e| in_the_way(file, &format!("cannot be written: {e}")))?;
    }
    if args.json {
        ui::json(&json!({"schema": "allclear.schedule/1", "file": path, "written": written, "then": then}));
        return Ok(Exit::Done);
    }
    ui::out(if written { format!("wrote {file}") } else { format!("{file} is there and as it should be") });
    then.iter().for_each(|act| ui::out(format!("  {} {act}", ui::paint(ui::DIM, "→"))));
    Ok(Exit::Done)
}

fn cron(place: &Place) -> String {
    let program = std::env::current_exe().ok().and_then(|p| p.to_str().map(str::to_owned));
    let clone = place.clone.work_tree.as_ref().unwrap_or(&place.clone.dir);
    let clone = clone.canonicalize().unwrap_or_else(|_| clone.clone());
    scheduler::cron(&program.unwrap_or_else(|| "allclear".into()), &clone.display().to_string())
}

/// Prints the patch for files that name stable and not all that allclear makes; with `yes` applies it.
pub(super) fn patch(args: &Args, yes: bool) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let patches = todo(&place)?.patches;
    let diff: String = patches.iter().map(|p| adoption::diff(&p.path, Some(&p.before), &p.after)).collect();
    let mut applied = Vec::new();
    if yes && !patches.is_empty() {
        let top = top(&place)?;
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
    if args.json {
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

fn top(place: &Place) -> Result<&Path, Fault> {
    place.clone.work_tree.as_deref().ok_or_else(|| {
        Fault::new(FaultKind::Usage, "a bare repository has no work tree to write into")
            .truth("nothing was changed")
            .hint("without --yes it is printed; or add --print")
    })
}

/// Gives the place of a file below `top`, with no link on the way that could lead out of it.
fn within(top: &Path, file: &str) -> Result<PathBuf, Fault> {
    let mut path = top.to_path_buf();
    for part in Path::new(file).components() {
        let Component::Normal(part) = part else {
            return Err(in_the_way(file, "is no path within the clone"));
        };
        path.push(part);
        if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
            return Err(in_the_way(file, "is a link, or leads over one"));
        }
    }
    Ok(path)
}

fn read(path: &Path, file: &str) -> Result<Option<Vec<u8>>, Fault> {
    match path.symlink_metadata() {
        Err(_) => Ok(None),
        Ok(meta) if !meta.is_file() => Err(in_the_way(file, "is not a file")),
        Ok(_) => std::fs::read(path).map(Some).map_err(|e| in_the_way(file, &format!("cannot be read: {e}"))),
    }
}

/// Writes a file aside and moves it into place, so that nobody ever finds half of it.
fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut fresh = tempfile::NamedTempFile::new_in(dir)?;
    fresh.write_all(text.as_bytes())?;
    let permissions = match path.metadata() {
        Ok(meta) => meta.permissions(),
        Err(_) => <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o644),
    };
    fresh.as_file().set_permissions(permissions)?;
    fresh.persist(path).map(drop).map_err(|e| e.error)
}

fn in_the_way(file: &str, why: &str) -> Fault {
    Fault::new(FaultKind::Usage, format!("{} {why}", plain(file))).truth("nothing was changed")
}
