//! `after`: what follows a release, step by step; and a person's word where a machine cannot tell.

use crate::command::Command;
use crate::command::now::Now;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::json::release;
use crate::screen::instant::zone_of;
use crate::screen::steps::show;
use crate::screen::ui;
use allclear_core::Version;
use allclear_core::decide::after;
use allclear_core::project::Release;
use allclear_engine::{Fault, StepDecision};
use jiff::Timestamp;
use serde_json::json;

/// What follows a release: how far each step is.
///
/// Or retry a step, or mark it as done.
#[derive(Debug, clap::Args)]
pub(crate) struct After {
    /// The release; the newest with steps where absent.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Try this step anew, as if nothing had been tried.
    #[arg(long, value_name = "STEP")]
    retry: Option<String>,
    /// This step is done, whatever its probe says.
    #[arg(long, value_name = "STEP", conflicts_with = "retry", requires = "reason")]
    done: Option<String>,
    /// How you know, for the record.
    #[arg(long, value_name = "TEXT", requires = "done")]
    reason: Option<String>,
    #[command(flatten)]
    now: Now,
}

impl Command for After {
    fn needs_server(&self) -> bool {
        self.retry.is_some() || self.done.is_some()
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { version, ref retry, ref done, ref reason, ref now } = *self;
        let context = Context::open(flags)?;
        if let Some(step) = retry.as_ref().or(done.as_ref()) {
            let word = done
                .as_ref()
                .map_or(StepDecision::Retry, |_| StepDecision::Done(reason.clone().unwrap_or_default()));
            let version = context.engine().decide_step(version, step, &word)?;
            if flags.json {
                let retried = retry.is_some();
                ui::json(
                    &json!({"schema": "allclear.after/1", "version": version, "step": step, "retried": retried}),
                );
            } else if retry.is_some() {
                ui::out(format!("the next tick tries step {step} of {version} again"));
            } else {
                ui::out(format!("step {step} of {version} is done, as you say"));
            }
            return Ok(Exit::Done);
        }
        let seen = context.look(flags)?;
        let now = now.instant(&seen, &context)?;
        let (version, release) = seen.pick_release(version)?;
        if flags.json {
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
