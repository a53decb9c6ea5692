//! `changelog`: what changed since the last release, as Markdown; of a candidate also how to try it.

use crate::args::Args;
use crate::context::Context;
use crate::exit::Exit;
use crate::screen::ui::{self, DIM, paint};
use allclear_core::Version;
use allclear_engine::{ChangesOf, Fault};
use serde_json::json;

pub(crate) fn run(args: &Args, version: Option<Version>) -> Result<Exit, Fault> {
    let context = Context::open(args)?;
    let seen = context.look(args)?;
    let changes = context.engine().changelog(&seen, version)?;
    let ways = match (&changes.tag, changes.of) {
        (Some(tag), ChangesOf::Candidate) => context.ways_to_try(&changes.to, tag),
        (Some(_) | None, _) => Vec::new(),
    };
    let changelog = &changes.changelog;
    if args.json {
        ui::json(&json!({
            "schema": "allclear.changelog/1", "of": changes.of, "version": changelog.version, "tag": changes.tag,
            "date": changelog.date, "since": changelog.since, "from": changes.from, "to": changes.to,
            "commits": changelog.commits, "left_out": changelog.left_out,
            "sections": changelog.sections, "authors": changelog.authors, "try_it": ways,
        }));
        return Ok(Exit::Done);
    }
    ui::out(changelog.markdown().trim_end());
    if !ways.is_empty() {
        ui::out("\n### Try it\n\n```sh");
        ways.iter().for_each(|way| ui::out(&way.command));
        ui::out("```");
    }
    if let Some(text) = changelog.left_out_text() {
        ui::say(paint(DIM, format!("{text}; they are left out")));
    }
    Ok(Exit::Done)
}
