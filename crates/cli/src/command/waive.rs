//! `waive`: a gate set aside on record.

use super::act::done;
use crate::args::Args;
use crate::exit::Exit;
use crate::place::{Place, zone_of};
use crate::when;
use allclear_core::types::text::count;
use allclear_core::{Seconds, Version};
use allclear_engine::{Fault, FaultKind, WaiverWish};
use serde_json::json;

/// What was asked for.
pub(super) struct Asked<'a> {
    pub(super) about: &'a [String],
    pub(super) reason: Option<&'a str>,
    pub(super) length: Option<&'a str>,
    pub(super) commit: Option<&'a str>,
    pub(super) again: bool,
    pub(super) lift: bool,
}

pub(super) fn run(args: &Args, asked: &Asked<'_>) -> Result<Exit, Fault> {
    let usage = |what: String| Fault::new(FaultKind::Usage, what);
    let (version, topic) = match asked.about {
        [topic] => (None, topic),
        [version, topic] => (Some(Version::parse(version).map_err(|e| usage(e.to_string()))?), topic),
        _ => return Err(usage("waive [VERSION] GATE[:SUBJECT]".into())),
    };
    let length = match asked.length {
        Some(text) => Some(Seconds::parse(text).map_err(|e| usage(e.to_string()))?),
        None => None,
    };
    let place = Place::open(args)?;
    let engine = place.engine();
    if asked.lift {
        let (version, lifted) = engine.lift_waiver(version, topic)?;
        let text = match lifted {
            0 => format!("{topic} is not waived for {version}"),
            n => format!("{} of {topic} lifted for {version}", count(n, "waiver")),
        };
        return Ok(done(
            args,
            text,
            json!({"schema": "allclear.waive/1", "version": version, "lifted": lifted}),
        ));
    }
    let made = engine.waive(&WaiverWish {
        version,
        topic: topic.clone(),
        reason: asked.reason.map(Into::into),
        length,
        only_if: asked.commit.map(Into::into),
        again: asked.again,
    })?;
    let subject = made
        .subject
        .as_ref()
        .map(|s| format!(":{}", allclear_core::types::text::plain(s)))
        .unwrap_or_default();
    let until = when::show(made.until, &zone_of(&engine.observe()?), place.now());
    let text = if made.needs_second {
        format!(
            "{}{subject} will be waived for {} when a second person says the same; your word lasts until {until}",
            made.gate, made.version
        )
    } else {
        format!(
            "{}{subject} is waived for {} at {} until {until}, or until the next rc",
            made.gate,
            made.version,
            made.commit.short()
        )
    };
    Ok(done(
        args,
        text,
        json!({
            "schema": "allclear.waive/1", "version": made.version, "gate": made.gate, "subject": made.subject,
            "commit": made.commit, "until": made.until, "needs_second": made.needs_second,
        }),
    ))
}
