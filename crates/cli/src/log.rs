//! What `ALLCLEAR_LOG` shows on standard error: how the processes of git, pushes and attempts of the lab went.

use crate::screen::ui;
use allclear_core::types::text::plain;
use allclear_engine::{Fault, FaultKind};
use std::ffi::OsString;
use std::io::{self, Write};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

const LEVELS: [(&str, LevelFilter); 5] = [
    ("error", LevelFilter::ERROR),
    ("warn", LevelFilter::WARN),
    ("info", LevelFilter::INFO),
    ("debug", LevelFilter::DEBUG),
    ("trace", LevelFilter::TRACE),
];

/// Shows what is at least as important as the value of `ALLCLEAR_LOG`; nothing where that is not set.
pub(crate) fn start(level: Option<OsString>) -> Result<(), Fault> {
    let Some(wanted) = level.filter(|level| !level.is_empty()) else { return Ok(()) };
    let Some((_, level)) = LEVELS.iter().find(|(name, _)| wanted == *name) else {
        let wanted = plain(&wanted.to_string_lossy());
        let what = format!("ALLCLEAR_LOG is `{wanted}`; it can be error, warn, info, debug or trace");
        return Err(Fault::new(FaultKind::Usage, what));
    };
    let layer = fmt::layer().with_timer(fmt::time::uptime()).with_writer(|| Lines);
    // What libraries trace may have addresses in it, and these may have secrets.
    let ours = Targets::new().with_target("allclear", *level);
    let _started_before = tracing_subscriber::registry().with(layer).with(ours).try_init();
    Ok(())
}

/// Writes each event as one line that cannot steer a terminal, since servers and users have a say in it.
struct Lines;

impl Write for Lines {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let text: Vec<char> = String::from_utf8_lossy(event).trim_end().chars().collect();
        let piece = |chars: &[char]| plain(&chars.iter().collect::<String>());
        ui::say(text.chunks(400).map(piece).collect::<String>());
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
