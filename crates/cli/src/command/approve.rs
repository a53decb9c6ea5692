//! `accept` and `approve`: a person's yes, to a commit that is no known fix, and to a candidate.

use super::act::done;
use crate::args::Args;
use crate::exit::Exit;
use crate::place::Place;
use crate::ui::say;
use allclear_core::Version;
use allclear_core::types::text::count;
use allclear_engine::Fault;
use serde_json::json;

pub(super) fn accept(
    args: &Args,
    version: Option<Version>,
    commits: &[String],
    reason: &str,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let (version, accepted) = place.engine().accept(version, commits, reason)?;
    let text = match accepted.len() {
        0 => "accepted already".to_owned(),
        n => format!("{} accepted on {version}, once and for all", count(n, "commit")),
    };
    Ok(done(args, text, json!({"schema": "allclear.accept/1", "version": version, "accepted": accepted})))
}

pub(super) fn approve(args: &Args, version: Option<Version>, commit: &str) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let (version, commit, unasked) = place.engine().approve(version, commit)?;
    if let Some(why) = unasked.filter(|_| !args.json) {
        say(format!("note: {why}"));
    }
    let text = format!("{version} is approved at {}; a new rc needs a new approval", commit.short());
    Ok(done(args, text, json!({"schema": "allclear.approve/1", "version": version, "commit": commit})))
}
