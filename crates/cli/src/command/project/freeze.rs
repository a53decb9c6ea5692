//! `freeze`: cuts and promotions stop until an instant, or go on.

use crate::command::Command;
use crate::context::Context;
use crate::exit::Exit;
use crate::flags::Flags;
use crate::screen::instant::{self, zone_of};
use crate::screen::ui;
use allclear_core::policy::Stops;
use allclear_core::types::text::count;
use allclear_engine::Fault;
use serde_json::json;

/// Stop cuts and promotions until a given time, or lift such a stop.
#[derive(Debug, clap::Args)]
pub(crate) struct Freeze {
    /// When it ends by itself.
    #[arg(long, value_name = "T", required_unless_present = "lift")]
    until: Option<String>,
    /// Why, for the record.
    #[arg(long, value_name = "TEXT", required_unless_present = "lift")]
    reason: Option<String>,
    /// What it stops.
    #[arg(long, value_enum, default_value = "both")]
    stops: StopsArg,
    /// Lift all freezes that people set.
    #[arg(long, conflicts_with = "until")]
    lift: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StopsArg {
    Cuts,
    Promotions,
    Both,
}

impl Command for Freeze {
    fn run(&self, flags: &Flags) -> Result<Exit, Fault> {
        let Self { until, reason, stops, lift } = self;
        let context = Context::open(flags)?;
        let engine = context.engine();
        if *lift {
            let lifted = engine.lift_freeze(reason.as_deref())?;
            let text = if lifted == 0 {
                "no freeze was set by a person; those in allclear.toml end by themselves".into()
            } else {
                format!("{} lifted", count(lifted, "freeze"))
            };
            return Ok(ui::done(flags.json, text, json!({"schema": "allclear.freeze/1", "lifted": lifted})));
        }
        let seen = engine.observe()?;
        let until = instant::read(until.as_deref().unwrap_or_default(), &zone_of(&seen), context.now())?;
        let stops = match stops {
            StopsArg::Cuts => Stops::Cuts,
            StopsArg::Promotions => Stops::Promotions,
            StopsArg::Both => Stops::Both,
        };
        engine.freeze(reason.as_deref().unwrap_or_default(), until, stops)?;
        let text = format!(
            "frozen until {}; allclear freeze --lift ends it",
            instant::show(until, &zone_of(&seen), context.now())
        );
        Ok(ui::done(flags.json, text, json!({"schema": "allclear.freeze/1", "until": until, "stops": stops})))
    }
}
