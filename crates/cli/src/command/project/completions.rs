//! `completions`: what a shell needs to know of the command line `C`.

use crate::command::Command;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::ui;
use allclear_engine::Fault;
use clap::CommandFactory;
use std::marker::PhantomData;

/// Print completions for a shell.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Completions<C> {
    /// The shell.
    shell: clap_complete::Shell,
    #[arg(skip)]
    command_line: PhantomData<C>,
}

impl<C: CommandFactory> Command for Completions<C> {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, _: &Flags) -> Result<Exit, Fault> {
        // Into memory first: a reader that went away is no error.
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut C::command(), "allclear", &mut script);
        ui::file(&String::from_utf8_lossy(&script));
        Ok(Exit::Done)
    }
}
