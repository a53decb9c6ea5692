//! `init --ci`: what lets something run `allclear tick`. Nothing is committed, and nothing is written that was not shown.

use super::work_tree::{in_the_way, read, top, within, write};
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_adopt::to_do::{self, scheduler};
use allclear_core::types::text::plain;
use allclear_engine::Fault;
use serde_json::json;

/// What a workflow installs: this very version.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What runs `allclear tick` by itself.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(super) enum Scheduler {
    Github,
    Gitlab,
    Cron,
}

/// Writes what lets something run `allclear tick`, or prints it.
pub(super) fn run(flags: &Flags, by: Scheduler, print: bool, yes: bool) -> Result<Exit, Fault> {
    let context = Context::open(flags)?;
    if matches!(by, Scheduler::Cron) {
        let line = cron(&context);
        if flags.json {
            ui::json(&json!({"schema": "allclear.schedule/1", "line": line, "written": false}));
        } else {
            ui::out(line);
            ui::say(
                "put this line in with crontab -e; the clone must reach its server without asking for a login",
            );
            ui::say("allclear init shows it as done once it has written to the record");
        }
        return Ok(Exit::Done);
    }
    let names = context.adoption()?.names;
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
    let path = within(top(&context)?, file)?;
    let before = match read(&path, file)? {
        Some(bytes) => Some(String::from_utf8(bytes).map_err(|_| in_the_way(file, "is not UTF-8"))?),
        None => None,
    };
    let written = before.as_deref() != Some(text.as_str());
    if written {
        if let Some(before) = &before {
            let diff = to_do::diff(file, Some(before), &text);
            if !flags.json {
                ui::say(diff.lines().map(plain).collect::<Vec<_>>().join("\n"));
            }
        }
        ui::confirm(&format!("{} {file}?", if before.is_some() { "overwrite" } else { "write" }), yes)?;
        write(&path, &text).map_err(|e| in_the_way(file, &format!("cannot be written: {e}")))?;
    }
    if flags.json {
        ui::json(&json!({"schema": "allclear.schedule/1", "file": path, "written": written, "then": then}));
        return Ok(Exit::Done);
    }
    ui::out(if written {
        format!("wrote {file}")
    } else {
        format!("{file} exists already and is up to date")
    });
    then.iter().for_each(|act| ui::out(format!("  {} {act}", ui::paint(ui::DIM, "→"))));
    Ok(Exit::Done)
}

fn cron(context: &Context) -> String {
    let program = std::env::current_exe().ok().and_then(|p| p.to_str().map(str::to_owned));
    let clone = context.clone.work_tree.as_ref().unwrap_or(&context.clone.dir);
    let clone = clone.canonicalize().unwrap_or_else(|_| clone.clone());
    scheduler::cron(&program.unwrap_or_else(|| "allclear".into()), &clone.display().to_string())
}
