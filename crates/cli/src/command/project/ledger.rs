//! `ledger`: care for the record itself.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_engine::Fault;
use serde_json::json;

/// Maintain the record.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Ledger {
    #[command(subcommand)]
    what: LedgerCommand,
}

#[derive(Debug, clap::Subcommand)]
enum LedgerCommand {
    /// Erase the words and the name of a report; that there was one stays.
    Erase {
        /// The report's id.
        report: String,
    },
}

impl Command for Ledger {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let LedgerCommand::Erase { report } = &self.what;
        Context::open(flags)?.engine().erase_report(report)?;
        let text = format!(
            "the words and the name of report {report} are erased from the ref; the server drops the old object at its next gc"
        );
        Ok(ui::done(
            flags.json,
            text,
            json!({"schema": "allclear.report/1", "report": report, "erased": true}),
        ))
    }
}
