//! `waive`: a gate set aside on record.

use crate::args::Args;
use crate::command::act::done;
use crate::context::Context;
use crate::exit::Exit;
use crate::screen::instant;
use crate::screen::instant::zone_of;
use allclear_core::text::count;
use allclear_core::{Seconds, Version};
use allclear_engine::{Fault, FaultKind, WaiverWish};
use serde_json::json;

/// What was asked for.
pub(crate) struct Asked<'a> {
    pub(crate) about: &'a [String],
    pub(crate) reason: Option<&'a str>,
    pub(crate) length: Option<&'a str>,
    pub(crate) commit: Option<&'a str>,
    pub(crate) again: bool,
    pub(crate) lift: bool,
}

pub(crate) fn run(args: &Args, asked: &Asked<'_>) -> Result<Exit, Fault> {
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
    let context = Context::open(args)?;
    let engine = context.engine();
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
    let subject =
        made.subject.as_ref().map(|s| format!(":{}", allclear_core::text::plain(s))).unwrap_or_default();
    let until = instant::show(made.until, &zone_of(&engine.observe()?), context.now());
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
