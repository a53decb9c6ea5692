//! `changelog`: what changed since the last release, as Markdown; of a candidate also how to try it.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui::{self, DIM, paint};
use allclear_core::Version;
use allclear_engine::{ChangesOf, Fault};
use serde_json::json;

/// What changed since the last release, as Markdown.
#[derive(Debug, clap::Args)]
pub(crate) struct Changelog {
    /// A candidate or a release; else the open candidate, or what is on develop.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
}

impl Command for Changelog {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let seen = context.look(flags)?;
        let changes = context.engine().changelog(&seen, self.version)?;
        let ways = match (&changes.tag, changes.of) {
            (Some(tag), ChangesOf::Candidate) => context.ways_to_try(&changes.to, tag),
            (Some(_) | None, _) => Vec::new(),
        };
        let changelog = &changes.changelog;
        if flags.json {
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
}
