//! `tick`: what a cron line or a CI job runs.

use crate::args::Args;
use crate::exit::{self, Exit};
use crate::place::Place;
use crate::ui::{self, DIM, paint};
use allclear_engine::{Fault, PolicySeen};
use serde_json::json;

pub(super) fn run(args: &Args, dry: bool) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let ticked = place.engine().tick(dry)?;
    let faults: Vec<Fault> = ticked.faults.iter().map(Fault::from).collect();
    place.store.tidy();
    if args.json {
        let faults: Vec<_> = faults
            .iter()
            .map(|f| json!({"what": f.what, "truth": f.truth, "hints": f.hints, "exit": exit::of(f) as u8}))
            .collect();
        let done: Vec<_> = ticked.done.iter().map(|d| &d.0).collect();
        ui::json(
            &json!({"schema": "allclear.tick/1", "done": done, "due": ticked.due, "faults": faults, "started": ticked.started}),
        );
    } else {
        if !ticked.started {
            let policy = place.engine().recall().map_or(PolicySeen::Absent, |seen| seen.policy);
            ui::out(super::status::not_started(&policy));
        }
        ticked.done.iter().for_each(|d| ui::out(&d.0));
        ticked.due.iter().for_each(|d| ui::out(format!("due: {d}")));
        if ticked.started && ticked.done.is_empty() && ticked.due.is_empty() && faults.is_empty() {
            ui::out(paint(DIM, "nothing is due"));
        }
        faults.iter().for_each(|f| ui::fault(f, false));
    }
    // The one that needs somebody most.
    let rank = |exit: &Exit| match exit {
        Exit::Unknown => 7,
        Exit::Refused => 6,
        Exit::Blocked => 5,
        Exit::Conflict => 4,
        Exit::Usage => 3,
        Exit::TryLater => 2,
        Exit::Waiting => 1,
        Exit::Done => 0,
    };
    Ok(faults.iter().map(exit::of).max_by_key(rank).unwrap_or(Exit::Done))
}
