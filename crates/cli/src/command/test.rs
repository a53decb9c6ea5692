//! `test`: everything that depends on a candidate, tried with it and compared with the last release.

use crate::args::Args;
use crate::bench::{self, Stop};
use crate::exit::Exit;
use crate::place::Place;
use crate::progress::Show;
use crate::ui::{self, BAD, paint};
use crate::{junit, results};
use allclear_core::event::CheckOutcome;
use allclear_core::lab::Verdict;
use allclear_core::policy::Sandbox;
use allclear_engine::{Fault, FaultKind, Lab, TestWish, Tested};
use std::num::NonZeroUsize;
use std::path::Path;
use std::sync::atomic::Ordering;

pub(super) fn run(
    args: &Args,
    mut wish: TestWish,
    jobs: Option<NonZeroUsize>,
    junit: Option<&Path>,
) -> Result<Exit, Fault> {
    for repo in &mut wish.downstreams {
        // Git asks from a directory of its own.
        if let Some(whole) = std::fs::canonicalize(&*repo).ok().filter(|path| path.is_dir()) {
            *repo = whole.display().to_string();
        }
    }
    let place = Place::open(args)?;
    let engine = place.engine();
    let seen = engine.observe()?;
    let target = engine.target(&seen, &wish)?;
    if target.gate().sandbox == Sandbox::None {
        ui::say(paint(
            BAD,
            "warning: foreign code runs on this machine without a sandbox (gates.downstream.sandbox = \"none\")",
        ));
    }
    let sources = bench::sources(&place)?;
    let (show, stop) = (Show::new(args.json), Stop::listen());
    let executor = bench::open(&place, &sources, &seen, target.policy.as_ref(), &stop.flag)?;
    let lab = Lab {
        sources: &sources,
        executor: &executor,
        jobs: bench::jobs(jobs),
        stop: &stop.flag,
        watch: &|step| show.hear(step),
    };
    let ended = engine.test(&target, &wish, &lab).map_err(Fault::from);
    show.end();
    let tested = match ended {
        Ok(tested) => tested,
        Err(fault) if stop.flag.load(Ordering::Relaxed) => {
            ui::fault(&fault, args.json);
            drop(executor);
            stop.obey();
            return Ok(Exit::TryLater);
        }
        Err(fault) => return Err(fault),
    };
    if let Some(file) = junit {
        std::fs::write(file, junit::write(&tested.experiment, &tested.checks)).map_err(|why| {
            Fault::new(FaultKind::Usage, format!("{} cannot be written: {why}", file.display()))
                .truth("the experiment itself is done; the same command again only writes the file")
        })?;
    }
    if args.json {
        ui::json(&results::value(&tested));
    } else {
        results::show(&place.name(&seen), &tested);
    }
    Ok(exit(&tested))
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
