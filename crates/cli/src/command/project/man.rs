//! `man`: the manual page of the command line `C`.

use crate::command::Command;
use crate::exit::Exit;
use crate::flags::Flags;
use allclear_engine::Fault;
use clap::CommandFactory;
use std::marker::PhantomData;

/// Print the manual page.
#[derive(Debug, clap::Args)]
#[command(hide = true)]
pub(crate) struct Man<C> {
    #[arg(skip)]
    command_line: PhantomData<C>,
}

impl<C: CommandFactory> Command for Man<C> {
    fn needs_server(&self) -> bool {
        false
    }

    fn run(&self, _: &Flags) -> Result<Exit, Fault> {
        // A reader that went away is no error.
        let _gone = clap_mangen::Man::new(C::command()).render(&mut anstream::stdout());
        Ok(Exit::Done)
    }
}
