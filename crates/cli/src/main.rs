//! `allclear`: the only place that names concrete adapters, reads the environment, and prints.

mod args;
mod command;
mod demo;
mod exit;
mod place;
mod ui;
mod view;
mod when;

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = args::Args::parse();
    match command::run(&args) {
        Ok(code) => code.into(),
        Err(fault) => {
            ui::fault(&fault, args.json);
            exit::of(&fault).into()
        }
    }
}
