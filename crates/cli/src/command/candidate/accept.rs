//! `accept`: a person's yes to a commit that is no known fix.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_core::Version;
use allclear_core::types::text::count;
use allclear_engine::Fault;
use serde_json::json;

/// Take responsibility for a commit that is not a known fix.
#[derive(Debug, clap::Args)]
pub(crate) struct Accept {
    /// Commits on the candidate, or any commits by their full ids.
    #[arg(required = true, value_name = "COMMIT")]
    commits: Vec<String>,
    /// The candidate.
    #[arg(long, value_name = "X.Y.Z", value_parser = Version::parse)]
    version: Option<Version>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Command for Accept {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let (version, accepted) = context.engine().accept(self.version, &self.commits, &self.reason)?;
        let text = match accepted.len() {
            0 => "accepted already".to_owned(),
            n => format!("{} accepted on {version} for good", count(n, "commit")),
        };
        Ok(ui::done(
            flags.json,
            text,
            json!({"schema": "allclear.accept/1", "version": version, "accepted": accepted}),
        ))
    }
}
