//! `changelog`: what changed since the last release, as Markdown; of a candidate also how to try it.

use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::{self, DIM, paint};
use allclear_core::ecosystem::try_it::TryIt;
use allclear_core::{CommitId, Version};
use allclear_engine::{ChangesOf, Fault};
use serde_json::json;

pub(super) fn run(args: &Args, version: Option<Version>) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let seen = place.look(args)?;
    let changes = place.engine().changelog(&seen, version)?;
    let ways = match (&changes.tag, changes.of) {
        (Some(tag), ChangesOf::Candidate) => ways(&place, &changes.to, tag),
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

/// Gives the lines with which users try an rc. They are help, not data: where they cannot be found, there
/// are none.
fn ways(place: &Place, commit: &CommitId, tag: &str) -> Vec<TryIt> {
    place.engine().try_it(commit, tag, &place.clone.remote).unwrap_or_default()
}

/// Says how users try a fresh rc.
pub(super) fn say_how_to_try(place: &Place, commit: &CommitId, tag: &str) {
    for way in ways(place, commit, tag) {
        ui::say(format!("{} {}", paint(DIM, "try it:"), way.command));
    }
}
