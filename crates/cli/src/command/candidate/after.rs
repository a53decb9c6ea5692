//! `after`: what follows a release, step by step; and a person's word where a machine cannot tell.

use crate::args::{Args, Now};
use crate::context::Context;
use crate::exit::Exit;
use crate::json::release;
use crate::screen::instant::zone_of;
use crate::screen::steps::show;
use crate::screen::ui;
use allclear_core::project::Release;
use allclear_core::{Version, after};
use allclear_engine::{Fault, StepWord};
use jiff::Timestamp;
use serde_json::json;

pub(crate) fn run(
    args: &Args,
    version: Option<Version>,
    retry: Option<&str>,
    done: Option<&str>,
    reason: Option<&str>,
    now: &Now,
) -> Result<Exit, Fault> {
    let context = Context::open(args)?;
    if let Some(step) = retry.or(done) {
        let word = done.map_or(StepWord::Retry, |_| StepWord::Done(reason.unwrap_or_default().to_owned()));
        let version = context.engine().say_of_step(version, step, &word)?;
        if args.json {
            let retried = retry.is_some();
            ui::json(
                &json!({"schema": "allclear.after/1", "version": version, "step": step, "retried": retried}),
            );
        } else if retry.is_some() {
            ui::out(format!("step {step} of {version} is tried anew by the next tick"));
        } else {
            ui::out(format!("step {step} of {version} is done, as you say"));
        }
        return Ok(Exit::Done);
    }
    let seen = context.look(args)?;
    let now = crate::command::instant(now, &seen, &context)?;
    let (version, release) = seen.pick_release(version)?;
    if args.json {
        let steps = release::steps(release, now);
        let state = release::word_of(release);
        ui::json(
            &json!({"schema": "allclear.after/1", "version": version, "tag": release.tag, "state": state, "steps": steps}),
        );
    } else {
        show(version, release, &zone_of(&seen), now, true);
    }
    Ok(exit(release, now))
}

/// Gives the exit code: done, a person is needed, or machines will do.
fn exit(release: &Release, now: Timestamp) -> Exit {
    if after::done(release) == release.after.len() {
        Exit::Done
    } else if after::report(release, now).iter().any(|r| r.progress.needs_somebody(r.step, now)) {
        Exit::Blocked
    } else {
        Exit::Waiting
    }
}
