//! `allclear`: the only crate that names concrete adapters, reads the environment, and prints.

mod args;
mod command;
mod context;
mod environment;
mod exit;
mod flags;
mod ics;
mod json;
mod junit;
mod lab;
mod log;
mod screen;
mod signals;

use crate::screen::ui;
use clap::FromArgMatches;
use std::process::ExitCode;

fn main() -> ExitCode {
    if std::env::args_os().nth(1).is_some_and(|verb| verb == lab::INSIDE) {
        return allclear_lab::helper::main(&std::env::args_os().skip(2).collect::<Vec<_>>());
    }
    let args = match args::grouped().try_get_matches().and_then(|found| args::Args::from_arg_matches(&found))
    {
        Ok(args) => args,
        Err(wrong) => return ui::mistake(&wrong, std::env::args_os().any(|arg| arg == "--json")).into(),
    };
    match log::start(environment::log_level()).and_then(|()| args.run()) {
        Ok(code) => code.into(),
        Err(fault) => {
            ui::fault(&fault, args.flags.json);
            exit::of(&fault).into()
        }
    }
}
