//! `strike`: entries of the record are skipped.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_core::CommitId;
use allclear_core::types::text::list;
use allclear_engine::{Fault, FaultKind};
use serde_json::json;

/// Skip entries of the record that cannot be read or are dated in the future.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Strike {
    /// The full commit id of each entry.
    #[arg(required = true, value_name = "ENTRY")]
    entries: Vec<String>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Command for Strike {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { entries, reason } = self;
        let entries: Vec<CommitId> =
            entries.iter().map(|id| CommitId::parse(id)).collect::<Result<_, _>>().map_err(|e| {
                Fault::new(FaultKind::Usage, e.to_string()).hint("allclear log --json shows full ids")
            })?;
        let context = Context::open(flags)?;
        context.engine().strike(&entries, reason)?;
        let names = list(&entries.iter().map(CommitId::short).collect::<Vec<_>>());
        let said = match entries.len() {
            1 => format!("{names} is skipped from now on; it stays in the record"),
            _ => format!("{names} are skipped from now on; they stay in the record"),
        };
        Ok(ui::done(flags.json, said, json!({"schema": "allclear.strike/1", "entries": entries})))
    }
}
