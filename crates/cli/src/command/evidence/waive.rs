//! `waive`: a gate set aside on record.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui;
use allclear_core::types::text::count;
use allclear_core::{Seconds, Version};
use allclear_engine::{Fault, FaultKind, WaiverWish};
use serde_json::json;

/// Waive a gate, for exactly this commit and until a given time.
///
/// A new rc ends it too.
#[derive(Debug, clap::Args)]
pub(crate) struct Waive {
    /// [VERSION] GATE[:SUBJECT]
    #[arg(num_args = 1..=2, required = true, value_name = "GATE[:SUBJECT]")]
    about: Vec<String>,
    /// Why, for the record and the release notes.
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// For how long: 2d, 36h.
    #[arg(long = "for", value_name = "DURATION")]
    length: Option<String>,
    /// Only if this is still the candidate's commit.
    #[arg(long, value_name = "ID")]
    commit: Option<String>,
    /// Renew the waiver of an earlier rc.
    #[arg(long)]
    again: bool,
    /// End the waiver now.
    #[arg(long, conflicts_with_all = ["reason", "length", "commit", "again"])]
    lift: bool,
}

impl Command for Waive {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let usage = |what: String| Fault::new(FaultKind::Usage, what);
        let (version, topic) = match self.about.as_slice() {
            [topic] => (None, topic),
            [version, topic] => (Some(Version::parse(version).map_err(|e| usage(e.to_string()))?), topic),
            _ => return Err(usage("waive [VERSION] GATE[:SUBJECT]".into())),
        };
        let length = match &self.length {
            Some(text) => Some(Seconds::parse(text).map_err(|e| usage(e.to_string()))?),
            None => None,
        };
        let context = Context::open(flags)?;
        let engine = context.engine();
        if self.lift {
            let (version, lifted) = engine.lift_waiver(version, topic)?;
            let text = match lifted {
                0 => format!("{topic} is not waived for {version}"),
                n => format!("{} of {topic} lifted for {version}", count(n, "waiver")),
            };
            return Ok(ui::done(
                flags.json,
                text,
                json!({"schema": "allclear.waive/1", "version": version, "lifted": lifted}),
            ));
        }
        let made = engine.waive(&WaiverWish {
            version,
            topic: topic.clone(),
            reason: self.reason.clone(),
            length,
            only_if: self.commit.clone(),
            again: self.again,
        })?;
        let subject = made
            .subject
            .as_ref()
            .map(|s| format!(":{}", allclear_core::types::text::plain(s)))
            .unwrap_or_default();
        let until = instant::show(made.until, &zone_of(&engine.observe()?), context.now());
        let text = if made.needs_second {
            format!(
                "{}{subject} will be waived for {} once a second person agrees; your request lasts until {until}",
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
        Ok(ui::done(
            flags.json,
            text,
            json!({
                "schema": "allclear.waive/1", "version": made.version, "gate": made.gate, "subject": made.subject,
                "commit": made.commit, "until": made.until, "needs_second": made.needs_second,
            }),
        ))
    }
}
