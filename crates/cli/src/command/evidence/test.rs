//! `test`: everything that depends on a candidate, tried with it and compared with the last release.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::json::experiment;
use crate::junit;
use crate::lab;
use crate::screen::progress::Show;
use crate::screen::results;
use crate::screen::ui::{self, BAD, paint};
use crate::signals::Stop;
use allclear_core::experiment::Verdict;
use allclear_core::ledger::event::CheckOutcome;
use allclear_core::policy::Sandbox;
use allclear_engine::{Fault, FaultKind, Lab, TestWish, Tested};
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

/// Build, test and run everything that depends on the candidate.
///
/// Each downstream gets the candidate as a user would, and where it fails, the last release too: only what is
/// worse than before counts. The whole table of a candidate goes on record.
#[derive(Debug, clap::Args)]
pub(crate) struct Test {
    /// A candidate, or any commit; the open candidate where absent.
    #[arg(value_name = "X.Y.Z|COMMIT")]
    what: Option<String>,
    /// Look at this repository instead of those of the policy; may be repeated.
    #[arg(long = "downstream", value_name = "URL")]
    downstreams: Vec<String>,
    /// Try only these: a name, its beginning, or a glob; may be repeated.
    #[arg(long, value_name = "NAME")]
    only: Vec<String>,
    /// How many are tried at once; half of the processors where absent.
    #[arg(long, short, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Try again whatever did not pass, without the remembered results.
    #[arg(long, value_enum, value_name = "WHICH")]
    rerun: Option<Rerun>,
    /// Write the table as JUnit XML too.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Rerun {
    Failed,
}

impl Command for Test {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let mut wish = TestWish {
            what: self.what.clone(),
            downstreams: self.downstreams.clone(),
            only: self.only.clone(),
            rerun_failed: self.rerun.is_some(),
        };
        for repo in &mut wish.downstreams {
            // Git asks from a directory of its own.
            if let Some(whole) = std::fs::canonicalize(&*repo).ok().filter(|path| path.is_dir()) {
                *repo = whole.display().to_string();
            }
        }
        let context = Context::open(flags)?;
        let engine = context.engine();
        let seen = engine.observe()?;
        let target = engine.target(&seen, &wish)?;
        if target.gate().sandbox == Sandbox::None {
            ui::say(paint(
                BAD,
                "warning: foreign code runs on this machine without a sandbox (gates.downstream.sandbox = \"none\")",
            ));
        }
        let sources = lab::sources(&context)?;
        let (show, stop) = (Show::new(flags.json), Stop::listen());
        let executor = lab::open(&context, &sources, &seen, target.policy.as_ref(), &stop.flag)?;
        let lab = Lab {
            sources: &sources,
            executor: &executor,
            jobs: lab::jobs(self.jobs),
            stop: &stop.flag,
            watch: &|step| show.hear(step),
        };
        let ended = engine.test(&target, &wish, &lab).map_err(Fault::from);
        show.end();
        let tested = match ended {
            Ok(tested) => tested,
            Err(fault) if stop.flag.load(Ordering::Relaxed) => {
                ui::fault(&fault, flags.json);
                drop(executor);
                stop.die_by_signal();
                return Ok(Exit::TryLater);
            }
            Err(fault) => return Err(fault),
        };
        if let Some(file) = &self.junit {
            std::fs::write(file, junit::write(&tested.experiment, &tested.checks)).map_err(|why| {
                Fault::new(FaultKind::Usage, format!("{} cannot be written: {why}", file.display()))
                    .truth("the experiment itself is done; the same command again only writes the file")
            })?;
        }
        if flags.json {
            ui::json(&experiment::value(&tested));
        } else {
            results::show(&context.name(&seen), &tested);
        }
        Ok(exit(&tested))
    }
}

/// A confirmed regression of what must work needs a person; one of what should is advice, and shown as such.
fn exit(tested: &Tested) -> Exit {
    let check = |outcome| tested.checks.iter().any(|run| run.outcome == outcome);
    match tested.verdict {
        Verdict::Regressed => Exit::Blocked,
        _ if check(Some(CheckOutcome::Failed)) => Exit::Blocked,
        Verdict::Inconclusive => Exit::Waiting,
        Verdict::Passed if check(None) => Exit::Waiting,
        Verdict::Passed => Exit::Done,
    }
}
