//! `rc`: the head of the branch becomes the next rc, now.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::{try_it, ui};
use allclear_core::Version;
use allclear_engine::Fault;
use serde_json::json;

/// Make the head of the candidate's branch its next rc, now.
#[derive(Debug, clap::Args)]
pub(crate) struct Rc {
    /// The candidate; the open one where absent.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Only if this is still the head.
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// With --commit: record a rewound head as the next rc.
    #[arg(long, short = 'y')]
    yes: bool,
}

impl Command for Rc {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let context = Context::open(flags)?;
        let (version, n, commit) = context.engine().rc(self.version, self.commit.as_deref(), self.yes)?;
        let text = format!("{version}-rc.{n} is {}; its soak starts now", commit.short());
        let exit = ui::done(
            flags.json,
            text,
            json!({"schema": "allclear.rc/1", "version": version, "rc": n, "commit": commit}),
        );
        if !flags.json
            && let Some(seen) = context.engine().recall()
            && let Some(candidate) = seen.project.candidates.get(&version)
        {
            let tag = candidate.cut.tags.candidate(version, n);
            try_it::show(&context.ways_to_try(&commit, &tag));
        }
        Ok(exit)
    }
}
