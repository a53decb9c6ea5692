//! `strike`: one entry of the record is skipped.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_core::CommitId;
use allclear_engine::{Fault, FaultKind};
use serde_json::json;

/// Skip an entry of the record that cannot be read or is dated in the future.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Strike {
    /// The entry's full commit id.
    entry: String,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Command for Strike {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { entry, reason } = self;
        let entry = CommitId::parse(entry).map_err(|e| {
            Fault::new(FaultKind::Usage, e.to_string()).hint("allclear log --json shows full ids")
        })?;
        let context = Context::open(flags)?;
        context.engine().strike(&entry, reason)?;
        Ok(ui::done(
            flags.json,
            format!("{} is skipped from now on; it stays in the record", entry.short()),
            json!({"schema": "allclear.strike/1", "entry": entry}),
        ))
    }
}
