//! `accept` and `approve`: a person's yes, to a commit that is no known fix, and to a candidate.

use crate::args::Args;
use crate::command::act::done;
use crate::context::Context;
use crate::exit::Exit;
use crate::screen::ui::say;
use allclear_core::Version;
use allclear_core::text::count;
use allclear_engine::Fault;
use serde_json::json;

pub(crate) fn accept(
    args: &Args,
    version: Option<Version>,
    commits: &[String],
    reason: &str,
) -> Result<Exit, Fault> {
    let context = Context::open(args)?;
    let (version, accepted) = context.engine().accept(version, commits, reason)?;
    let text = match accepted.len() {
        0 => "accepted already".to_owned(),
        n => format!("{} accepted on {version}, once and for all", count(n, "commit")),
    };
    Ok(done(args, text, json!({"schema": "allclear.accept/1", "version": version, "accepted": accepted})))
}

pub(crate) fn approve(args: &Args, version: Option<Version>, commit: &str) -> Result<Exit, Fault> {
    let context = Context::open(args)?;
    let (version, commit, unasked) = context.engine().approve(version, commit)?;
    if let Some(why) = unasked.filter(|_| !args.json) {
        say(format!("note: {why}"));
    }
    let text = format!("{version} is approved at {}; a new rc needs a new approval", commit.short());
    Ok(done(args, text, json!({"schema": "allclear.approve/1", "version": version, "commit": commit})))
}
