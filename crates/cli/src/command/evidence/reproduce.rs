//! `reproduce`: one attempt of an experiment again, by hand.

use crate::args::Args;
use crate::context::Context;
use crate::exit::Exit;
use crate::lab;
use crate::screen::progress::Show;
use crate::screen::ui;
use crate::signals::Stop;
use allclear_core::lab::Arm;
use allclear_engine::{Fault, Lab};

pub(crate) fn run(args: &Args, name: &str, arm: Arm, print: bool) -> Result<Exit, Fault> {
    let context = Context::open(args)?;
    let engine = context.engine();
    let seen = engine.observe()?;
    let sources = lab::sources(&context)?;
    // Once there is a shell, Ctrl-C is for what runs in it.
    let (show, stop) = (Show::new(true), Stop::patient());
    let executor = lab::open(&context, &sources, &seen, seen.policy_of_tests(), &stop.flag)?;
    let lab = Lab {
        sources: &sources,
        executor: &executor,
        jobs: 1,
        stop: &stop.flag,
        watch: &|step| show.hear(step),
    };
    let code = engine.reproduce(&seen, name, arm, print, &lab)?;
    if code == 0 {
        return Ok(Exit::Done);
    }
    ui::say(format!("it ended with {code}"));
    Ok(Exit::Blocked)
}
