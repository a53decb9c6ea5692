//! The go command as the resolver of one downstream with one version of the project.

use super::refusal::refusal;
use crate::attempt::stopped::Stopped;
use crate::ecosystem::go::served::ServedModule;
use crate::ecosystem::tool::ToolOutput;
use allclear_core::experiment::{Outcome, Step};
use std::collections::BTreeMap;
use std::path::PathBuf;

pub(super) struct Resolver<'a> {
    pub(super) served: &'a ServedModule,
    pub(super) dir: PathBuf,
    pub(super) vars: BTreeMap<&'static str, String>,
    /// The commands and their messages.
    pub(super) log: String,
}

impl Resolver<'_> {
    /// Runs a command, whatever its exit code.
    pub(super) fn go(&mut self, args: &[&str]) -> ToolOutput {
        let said = self.served.go.run(&self.dir, &self.vars, args);
        self.log.push_str(&format!("$ go {}\n{}", args.join(" "), said.err));
        said
    }

    /// Runs a command that has to succeed, and gives what it printed.
    pub(super) fn ok(&mut self, args: &[&str]) -> Result<String, Stopped> {
        let said = self.go(args);
        if said.ok {
            return Ok(said.out);
        }
        let (outcome, note) = refusal(&said.err, &self.served.module, &self.served.wanted.version);
        Err(self.because(outcome, note))
    }

    /// Stops the attempt before anything is run.
    pub(super) fn because(&self, outcome: Outcome, note: impl Into<String>) -> Stopped {
        Stopped { outcome, step: Step::Prepare, log: self.log.clone(), note: Some(note.into()) }
    }
}
