//! `tick`: what a cron line or a CI job runs.

use crate::command::Command;
use crate::context::Context;
use crate::exit::{self, Exit};
use crate::flags::Flags;
use crate::screen::status::not_started;
use crate::screen::ui::{self, DIM, paint};
use allclear_engine::{Fault, PolicySeen};
use serde_json::json;

/// Do what is due.
///
/// May be run by anyone, at any time, any number of times.
#[derive(Debug, clap::Args)]
pub(crate) struct Tick {
    /// Say what is due, and do nothing.
    #[arg(long)]
    dry_run: bool,
}

impl Command for Tick {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?.unattended();
        let ticked = context.engine().tick(self.dry_run)?;
        let faults: Vec<Fault> = ticked.faults.iter().map(Fault::from).collect();
        context.store.tidy();
        if flags.json {
            let faults: Vec<_> = faults
                .iter()
                .map(|f| json!({"what": f.what, "truth": f.truth, "hints": f.hints, "exit": exit::of(f) as u8}))
                .collect();
            let done: Vec<_> = ticked.done.iter().map(|d| &d.0).collect();
            ui::json(
                &json!({"schema": "allclear.tick/1", "done": done, "due": ticked.due, "faults": faults, "started": ticked.started}),
            );
        } else {
            if !ticked.started {
                let policy = context.engine().recall().map_or(PolicySeen::Absent, |seen| seen.policy);
                ui::out(not_started(&policy));
            }
            ticked.done.iter().for_each(|d| ui::out(&d.0));
            ticked.due.iter().for_each(|d| ui::out(format!("due: {d}")));
            if ticked.started && ticked.done.is_empty() && ticked.due.is_empty() && faults.is_empty() {
                ui::out(paint(DIM, "nothing is due"));
            }
            faults.iter().for_each(|f| ui::fault(f, false));
        }
        // The one that needs somebody most.
        let rank = |exit: &Exit| match exit {
            Exit::Unknown => 7,
            Exit::Refused => 6,
            Exit::Blocked => 5,
            Exit::Conflict => 4,
            Exit::Usage => 3,
            Exit::TryLater => 2,
            Exit::Waiting => 1,
            Exit::Done => 0,
        };
        Ok(faults.iter().map(exit::of).max_by_key(rank).unwrap_or(Exit::Done))
    }
}
