//! `reproduce`: one attempt of an experiment again, by hand.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::lab;
use crate::screen::progress::Show;
use crate::screen::ui;
use crate::signals::Stop;
use allclear_core::experiment::Arm;
use allclear_engine::{Fault, Lab};

/// Try one downstream again by hand, in a shell with its inputs.
#[derive(Debug, clap::Args)]
pub(crate) struct Reproduce {
    /// Its name, as allclear test prints it.
    name: String,
    /// With which version of the project.
    #[arg(long, value_enum, default_value = "candidate")]
    arm: ArmArg,
    /// Print what would be run, and run nothing.
    #[arg(long)]
    print: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum ArmArg {
    Candidate,
    Baseline,
}

impl Command for Reproduce {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let arm = match self.arm {
            ArmArg::Candidate => Arm::Candidate,
            ArmArg::Baseline => Arm::Baseline,
        };
        let context = Context::open(flags)?;
        let engine = context.engine();
        let seen = engine.observe()?;
        let sources = lab::sources(&context)?;
        // Once there is a shell, Ctrl-C is for what runs in it.
        let (show, stop) = (Show::new(true), Stop::of_fetches());
        let executor = lab::open(&context, &sources, &seen, seen.policy_of_tests(), &stop.flag)?;
        let lab = Lab {
            sources: &sources,
            executor: &executor,
            jobs: 1,
            stop: &stop.flag,
            watch: &|step| show.hear(step),
        };
        let code = engine.reproduce(&seen, &self.name, arm, self.print, &lab)?;
        if code == 0 {
            return Ok(Exit::Done);
        }
        ui::say(format!("it ended with {code}"));
        Ok(Exit::Blocked)
    }
}
