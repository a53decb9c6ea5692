//! Small decisions of people: `rc`, `hold`, `freeze`, `strike`.

use crate::args::{Args, StopsArg};
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::{ui, when};
use allclear_core::policy::Stops;
use allclear_core::types::text::count;
use allclear_core::{CommitId, Version};
use allclear_engine::{Fault, FaultKind};
use serde_json::json;

pub(super) fn done(args: &Args, text: String, value: serde_json::Value) -> Exit {
    if args.json {
        ui::json(&value);
    } else {
        ui::out(text);
    }
    Exit::Done
}

pub(super) fn rc(
    args: &Args,
    version: Option<Version>,
    commit: Option<&str>,
    yes: bool,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let (version, n, commit) = place.engine().rc(version, commit, yes)?;
    let text = format!("{version}-rc.{n} is {}; its soak starts now", commit.short());
    let exit =
        done(args, text, json!({"schema": "allclear.rc/1", "version": version, "rc": n, "commit": commit}));
    if !args.json
        && let Some(seen) = place.engine().recall()
        && let Some(candidate) = seen.project.candidates.get(&version)
    {
        super::changelog::say_how_to_try(&place, &commit, &candidate.cut.tags.candidate(version, n));
    }
    Ok(exit)
}

pub(super) fn hold(
    args: &Args,
    version: Option<Version>,
    reason: Option<&str>,
    until: Option<&str>,
    lift: bool,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let engine = place.engine();
    if lift {
        let version = engine.lift_hold(version)?;
        return Ok(done(
            args,
            format!("{version} is not held"),
            json!({"schema": "allclear.hold/1", "version": version, "held": false}),
        ));
    }
    let until = match until {
        Some(text) => Some(when::read(text, &zone_of(&engine.observe()?), place.now())?),
        None => None,
    };
    let version = engine.hold(version, reason.unwrap_or_default(), until)?;
    let text = format!("{version} is held; allclear hold {version} --lift ends it");
    Ok(done(
        args,
        text,
        json!({"schema": "allclear.hold/1", "version": version, "held": true, "until": until}),
    ))
}

pub(super) fn freeze(
    args: &Args,
    until: Option<&str>,
    reason: Option<&str>,
    stops: StopsArg,
    lift: bool,
) -> Result<Exit, Fault> {
    let place = Place::open(args)?;
    let engine = place.engine();
    if lift {
        let lifted = engine.lift_freeze()?;
        let text = if lifted == 0 {
            "no freeze was set by a person; those in allclear.toml end by themselves".into()
        } else {
            format!("{} lifted", count(lifted, "freeze"))
        };
        return Ok(done(args, text, json!({"schema": "allclear.freeze/1", "lifted": lifted})));
    }
    let seen = engine.observe()?;
    let until = when::read(until.unwrap_or_default(), &zone_of(&seen), place.now())?;
    let stops = match stops {
        StopsArg::Cuts => Stops::Cuts,
        StopsArg::Promotions => Stops::Promotions,
        StopsArg::Both => Stops::Both,
    };
    engine.freeze(reason.unwrap_or_default(), until, stops)?;
    let text = format!(
        "frozen until {}; allclear freeze --lift ends it",
        when::show(until, &zone_of(&seen), place.now())
    );
    Ok(done(args, text, json!({"schema": "allclear.freeze/1", "until": until, "stops": stops})))
}

pub(super) fn strike(args: &Args, entry: &str, reason: &str) -> Result<Exit, Fault> {
    let entry = CommitId::parse(entry).map_err(|e| {
        Fault::new(FaultKind::Usage, e.to_string()).hint("allclear log --json shows full ids")
    })?;
    let place = Place::open(args)?;
    place.engine().strike(&entry, reason)?;
    Ok(done(
        args,
        format!("{} is skipped from now on; it stays in the record", entry.short()),
        json!({"schema": "allclear.strike/1", "entry": entry}),
    ))
}
