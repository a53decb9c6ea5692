//! One file per command.

mod act;
mod calendar;
mod check;
mod cut;
mod init;
mod log;
mod policy;
mod promote;
mod signer;
pub(crate) mod status;
mod tick;
mod verify;
mod why;

use crate::args::{Args, Command, Now, SignerCommand};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use allclear_engine::{Fault, FaultKind, Snapshot};
use clap::CommandFactory;
use jiff::Timestamp;

/// Runs the command that the arguments name.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    if args.offline && args.command.as_ref().is_some_and(asks_the_server) {
        return Err(Fault::new(FaultKind::Usage, "this command asks the server, and --offline says not to")
            .hint("status, why, calendar, log and policy show can look at what was seen last"));
    }
    match args.command.as_ref().unwrap_or(&Command::Status { now: Now::default() }) {
        Command::Status { now } => status::run(args, now),
        Command::Why { about, now } => why::run(args, about, now),
        Command::Calendar { now } => calendar::run(args, now),
        Command::Log { limit, now } => log::run(args, *limit, now),
        Command::Cut { version, dry_run, yes } => cut::run(args, version.as_deref(), *dry_run, *yes),
        Command::Rc { version, commit, yes } => act::rc(args, *version, commit.as_deref(), *yes),
        Command::Hold { version, reason, until, lift } => {
            act::hold(args, *version, reason.as_deref(), until.as_deref(), *lift)
        }
        Command::Freeze { until, reason, stops, lift } => {
            act::freeze(args, until.as_deref(), reason.as_deref(), *stops, *lift)
        }
        Command::Strike { entry, reason } => act::strike(args, entry, reason),
        Command::Promote { version, commit, dry_run, when_clear, yes } => {
            let wish = promote::Wish {
                version: *version,
                commit: commit.as_deref(),
                dry_run: *dry_run,
                when_clear: *when_clear,
                yes: *yes,
            };
            promote::run(args, &wish)
        }
        Command::Check { name, outcome, commit, url, from } => {
            check::run(args, name.as_deref(), *outcome, commit.as_deref(), url.as_deref(), from.as_deref())
        }
        Command::Init { preset, create_develop, print, yes } => {
            init::run(args, preset, *create_develop, *print, *yes)
        }
        Command::Policy { what } => policy::run(args, what),
        Command::Signer { what } => signer::run(args, what),
        Command::Verify { root } => verify::run(args, root.as_deref()),
        Command::Tick { dry_run } => tick::run(args, *dry_run),
        Command::Demo { fast, dir } => crate::demo::run(*fast, dir.as_deref()),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut Args::command(), "allclear", &mut anstream::stdout());
            Ok(Exit::Done)
        }
        Command::Man => {
            // A reader that went away is no error.
            let _gone = clap_mangen::Man::new(Args::command()).render(&mut anstream::stdout());
            Ok(Exit::Done)
        }
    }
}

/// Tells whether a command makes no sense without the server.
fn asks_the_server(command: &Command) -> bool {
    match command {
        Command::Status { .. }
        | Command::Why { .. }
        | Command::Calendar { .. }
        | Command::Log { .. }
        | Command::Policy { .. }
        | Command::Demo { .. }
        | Command::Completions { .. }
        | Command::Signer { what: SignerCommand::List }
        | Command::Man => false,
        Command::Cut { .. }
        | Command::Rc { .. }
        | Command::Hold { .. }
        | Command::Promote { .. }
        | Command::Check { .. }
        | Command::Init { .. }
        | Command::Freeze { .. }
        | Command::Tick { .. }
        | Command::Signer { .. }
        | Command::Verify { .. }
        | Command::Strike { .. } => true,
    }
}

/// Gives the instant that a reading command is about.
fn instant(now: &Now, seen: &Snapshot, place: &Place) -> Result<Timestamp, Fault> {
    match &now.now {
        Some(text) => crate::when::read(text, &zone_of(seen), place.now()),
        None => Ok(place.now()),
    }
}
