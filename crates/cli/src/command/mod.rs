//! One file per command.

mod act;
mod adopt;
mod after;
mod approve;
mod calendar;
mod changelog;
mod check;
mod cut;
mod doctor;
mod hotfix;
mod init;
mod locate;
mod log;
mod pick;
mod policy;
mod promote;
mod report;
mod reproduce;
mod signer;
pub(crate) mod status;
mod test;
mod tick;
pub(crate) mod todo;
mod verify;
mod waive;
pub(crate) mod why;
mod withdraw;

use crate::args::{Args, ArmArg, Command, LedgerCommand, Now, SignerCommand};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::ui;
use allclear_core::experiment::Arm;
use allclear_engine::{Fault, FaultKind, PickWish, Snapshot, TestWish};
use clap::CommandFactory;
use jiff::Timestamp;

/// Runs the command that the arguments name.
pub(crate) fn run(args: &Args) -> Result<Exit, Fault> {
    if args.offline && args.command.as_ref().is_some_and(asks_the_server) {
        return Err(Fault::new(FaultKind::Usage, "this command asks the server, and --offline says not to")
            .hint("status, why, calendar, changelog, log, after, doctor, signer list and policy show need no server"));
    }
    match args.command.as_ref().unwrap_or(&Command::Status { now: Now::default() }) {
        Command::Status { now } => status::run(args, now),
        Command::Why { about, now } => why::run(args, about, now),
        Command::Changelog { version } => changelog::run(args, *version),
        Command::Calendar { ics, now } => calendar::run(args, *ics, now),
        Command::Log { limit, now } => log::run(args, *limit, now),
        Command::Cut { version, dry_run, yes } => cut::run(args, version.as_deref(), *dry_run, *yes),
        Command::Pick { commits, version, dry_run } => {
            pick::run(args, &PickWish { commits: commits.clone(), version: *version, dry_run: *dry_run })
        }
        Command::Where { commit } => locate::run(args, commit),
        Command::Hotfix { version, reason, dry_run, yes } => {
            hotfix::run(args, *version, reason, *dry_run, *yes)
        }
        Command::Withdraw { version, reason, dry_run, yes } => {
            withdraw::run(args, *version, reason, *dry_run, *yes)
        }
        Command::Rc { version, commit, yes } => act::rc(args, *version, commit.as_deref(), *yes),
        Command::Hold { version, reason, until, lift } => {
            act::hold(args, *version, reason.as_deref(), until.as_deref(), *lift)
        }
        Command::Freeze { until, reason, stops, lift } => {
            act::freeze(args, until.as_deref(), reason.as_deref(), *stops, *lift)
        }
        Command::Accept { commits, version, reason } => approve::accept(args, *version, commits, reason),
        Command::Approve { version, commit } => approve::approve(args, *version, commit),
        Command::Waive { about, reason, length, commit, again, lift } => {
            let wish = waive::Asked {
                about,
                reason: reason.as_deref(),
                length: length.as_deref(),
                commit: commit.as_deref(),
                again: *again,
                lift: *lift,
            };
            waive::run(args, &wish)
        }
        Command::Test { what, downstreams, only, jobs, rerun, junit } => {
            let wish = TestWish {
                what: what.clone(),
                downstreams: downstreams.clone(),
                only: only.clone(),
                rerun_failed: rerun.is_some(),
            };
            test::run(args, wish, *jobs, junit.as_deref())
        }
        Command::Reproduce { name, arm, print } => {
            let arm = match arm {
                ArmArg::Candidate => Arm::Candidate,
                ArmArg::Baseline => Arm::Baseline,
            };
            reproduce::run(args, name, arm, *print)
        }
        Command::Report { what } => report::run(args, what),
        Command::Ledger { what: LedgerCommand::Erase { report } } => report::erase(args, report),
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
        Command::After { version, retry, done, reason, now } => {
            after::run(args, *version, retry.as_deref(), done.as_deref(), reason.as_deref(), now)
        }
        Command::Check { name, outcome, commit, url, from } => {
            check::run(args, name.as_deref(), *outcome, commit.as_deref(), url.as_deref(), from.as_deref())
        }
        Command::Init { preset, create_develop, ci, patch_ci, print, yes } => match ci {
            Some(by) => adopt::schedule(args, *by, *print, *yes),
            None if *patch_ci => adopt::patch(args, *yes),
            None => init::run(args, preset, *create_develop, *print, *yes),
        },
        Command::Doctor { probe_push, repair_history } => doctor::run(args, *probe_push, *repair_history),
        Command::Policy { what } => policy::run(args, what),
        Command::Signer { what } => signer::run(args, what),
        Command::Verify { root } => verify::run(args, root.as_deref()),
        Command::Tick { dry_run } => tick::run(args, *dry_run),
        Command::Demo { fast, dir } => crate::demo::run(*fast, dir.as_deref()),
        Command::Completions { shell } => {
            // Into memory first: a reader that went away is no error.
            let mut script = Vec::new();
            clap_complete::generate(*shell, &mut Args::command(), "allclear", &mut script);
            ui::file(&String::from_utf8_lossy(&script));
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
        Command::After { retry, done, .. } => retry.is_some() || done.is_some(),
        Command::Status { .. }
        | Command::Why { .. }
        | Command::Calendar { .. }
        | Command::Changelog { .. }
        | Command::Log { .. }
        | Command::Doctor { .. }
        | Command::Policy { .. }
        | Command::Demo { .. }
        | Command::Completions { .. }
        | Command::Signer { what: SignerCommand::List }
        | Command::Man => false,
        Command::Cut { .. }
        | Command::Pick { .. }
        | Command::Where { .. }
        | Command::Hotfix { .. }
        | Command::Withdraw { .. }
        | Command::Rc { .. }
        | Command::Hold { .. }
        | Command::Promote { .. }
        | Command::Check { .. }
        | Command::Init { .. }
        | Command::Freeze { .. }
        | Command::Tick { .. }
        | Command::Accept { .. }
        | Command::Approve { .. }
        | Command::Waive { .. }
        | Command::Report { .. }
        | Command::Test { .. }
        | Command::Reproduce { .. }
        | Command::Ledger { .. }
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
