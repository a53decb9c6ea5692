//! `hold`: one candidate stops, or goes on.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui;
use allclear_core::Version;
use allclear_engine::Fault;
use serde_json::json;

/// Stop one candidate, or lift the stop.
#[derive(Debug, clap::Args)]
pub(crate) struct Hold {
    /// The candidate; the open one where absent.
    #[arg(value_parser = Version::parse, value_name = "X.Y.Z")]
    version: Option<Version>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
    reason: Option<String>,
    /// When it ends by itself.
    #[arg(long, value_name = "T")]
    until: Option<String>,
    /// Lift it.
    #[arg(long, conflicts_with = "until")]
    lift: bool,
}

impl Command for Hold {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { version, ref reason, ref until, lift } = *self;
        let context = Context::open(flags)?;
        let engine = context.engine();
        if lift {
            let version = engine.lift_hold(version, reason.as_deref())?;
            return Ok(ui::done(
                flags.json,
                format!("{version} is not held"),
                json!({"schema": "allclear.hold/1", "version": version, "held": false}),
            ));
        }
        let until = match until {
            Some(text) => Some(instant::read(text, &zone_of(&engine.observe()?), context.now())?),
            None => None,
        };
        let version = engine.hold(version, reason.as_deref().unwrap_or_default(), until)?;
        let text = format!("{version} is held; allclear hold {version} --lift ends it");
        Ok(ui::done(
            flags.json,
            text,
            json!({"schema": "allclear.hold/1", "version": version, "held": true, "until": until}),
        ))
    }
}
