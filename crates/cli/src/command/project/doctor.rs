//! `doctor`: what went wrong with the last releases, and what would stop allclear, in any clone.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::json;
use crate::json::doctor::{open, view};
use crate::screen::doctor::{show, show_probe, show_repair};
use crate::screen::ui::{self, say};
use crate::signals;
use allclear_core::port::history::History;
use allclear_core::types::text::short;
use allclear_engine::{Fault, FaultKind, Probe, ProbeAnswer};
use allclear_git::CloneHistory;
use serde_json::json;
use std::sync::atomic::Ordering;

/// What went wrong with releases, and what would stop allclear.
///
/// In any clone; changes nothing.
#[derive(Debug, clap::Args)]
pub(crate) struct Doctor {
    /// Test on the server what a release needs, with probe refs that are deleted again.
    #[arg(long, conflicts_with = "offline")]
    probe_push: bool,
    /// Prepare the merge that brings stable back into develop; nothing is pushed.
    #[arg(long, conflicts_with_all = ["offline", "probe_push"])]
    repair_history: bool,
}

impl Command for Doctor {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let history = CloneHistory::open(&context.clone, &context.store, &context.env);
        let engine = context.engine();
        let seen = engine.examine(&history, !flags.offline)?;
        let name = short(&context.clone.name(), 40);
        if self.repair_history {
            let repair = engine.repair(&history, &seen)?;
            if flags.json {
                ui::json(&view(&name, &seen, &json!({ "repair": repair })));
            } else {
                show_repair(&name, repair.as_ref());
            }
            return Ok(if repair.is_some() { Exit::Blocked } else { Exit::Done });
        }
        if self.probe_push {
            if let Some(why) = &seen.ground.unreachable {
                return Err(Fault::new(FaultKind::TryLater, why)
                    .hint("check the connection, the address and the login"));
            }
            let stop = signals::interrupts()?;
            let names = engine.probe_names();
            say(format!(
                "Trying on {} with names of its own, which are deleted at the end. If this is killed:\n  {}",
                short(&context.clone.remote, 60),
                history.how_to_delete(&names.1)
            ));
            let probe = engine.probe(&history, names, &|| stop.load(Ordering::SeqCst))?;
            if flags.json {
                ui::json(&view(&name, &seen, &json!({ "probe": probe })));
            } else {
                show_probe(&name, &probe);
            }
            return Ok(probed(&probe));
        }
        // Where the server does not answer, or has nothing yet, the findings say so.
        let reached = !flags.offline && seen.ground.unreachable.is_none();
        let todo = if reached { context.adoption().map(|a| a.todo).unwrap_or_default() } else { Vec::new() };
        if flags.json {
            ui::json(&view(&name, &seen, &json!({ "todo": json::todo::view(&todo) })));
        } else {
            show(&name, &seen, &todo);
        }
        Ok(if open(&seen.findings) > 0 { Exit::Blocked } else { Exit::Done })
    }
}

fn probed(probe: &Probe) -> Exit {
    let bad = probe.outcomes.iter().any(|o| matches!(o.answer, ProbeAnswer::Bad | ProbeAnswer::Unknown));
    if bad || probe.stopped || !probe.left.is_empty() { Exit::Blocked } else { Exit::Done }
}
