//! `approve`: a person's yes to one commit of a candidate.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_core::Version;
use allclear_engine::Fault;
use serde_json::json;

/// Approve exactly one commit of a candidate.
#[derive(Debug, clap::Args)]
pub(crate) struct Approve {
    /// The candidate; the open one where absent.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// The candidate's commit, as allclear why approvals prints it.
    #[arg(long, value_name = "ID")]
    commit: String,
}

impl Command for Approve {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let (version, commit, unasked) = context.engine().approve(self.version, &self.commit)?;
        if let Some(why) = unasked.filter(|_| !flags.json) {
            ui::say(format!("note: {why}"));
        }
        let text = format!("{version} is approved at {}; a new rc needs a new approval", commit.short());
        Ok(ui::done(
            flags.json,
            text,
            json!({"schema": "allclear.approve/1", "version": version, "commit": commit}),
        ))
    }
}
