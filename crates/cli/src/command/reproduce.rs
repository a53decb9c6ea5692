//! `reproduce`: one attempt of an experiment again, by hand.

use crate::args::Args;
use crate::bench::{self, Stop};
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::Show;
use crate::ui;
use allclear_core::experiment::Arm;
use allclear_engine::{Fault, Lab};

pub(super) fn run(args: &Args, name: &str, arm: Arm, print: bool) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let engine = place.engine();
    let seen = engine.observe()?;
    let sources = bench::sources(&place)?;
    // Once there is a shell, Ctrl-C is for what runs in it.
    let (show, stop) = (Show::new(true), Stop::patient());
    let executor = bench::open(&place, &sources, &seen, seen.policy_of_tests(), &stop.flag)?;
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
