//! The instant that a reading command is about.

use crate::context::Context;
use crate::screen::instant::{self, zone_of};
use allclear_engine::{Fault, Snapshot};
use jiff::Timestamp;

/// A reading command's instant.
#[derive(Debug, Clone, Default, clap::Args)]
pub(crate) struct Now {
    /// Judge as if it were this time (2026-11-10T10:00:00Z, "2026-11-10 10:00", 3d from now)
    #[arg(long, value_name = "T")]
    now: Option<String>,
}

impl Now {
    /// Gives the instant; the present one where none is named.
    pub(crate) fn instant(&self, seen: &Snapshot, context: &Context) -> Result<Timestamp, Fault> {
        match &self.now {
            Some(text) => instant::read(text, &zone_of(seen), context.now()),
            None => Ok(context.now()),
        }
    }
}
