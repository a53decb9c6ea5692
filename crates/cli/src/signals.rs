//! Signals: what a person, or whoever started the process, ends it with.

use allclear_engine::{Fault, FaultKind};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// What is set by Ctrl-C, and by being told to end. A second one ends the process at once.
pub(crate) struct Stop {
    pub(crate) flag: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    pub(crate) fn listen() -> Self {
        let stop = Self { flag: Arc::default(), signal: Arc::default() };
        for signal in [SIGINT, SIGTERM] {
            // Where one cannot be listened to, it does what it always did.
            let _heard = flag::register_conditional_default(signal, Arc::clone(&stop.flag))
                .and_then(|_| flag::register_usize(signal, Arc::clone(&stop.signal), signal as usize))
                .and_then(|_| flag::register(signal, Arc::clone(&stop.flag)));
        }
        stop
    }

    /// Ends what is fetched, and nothing else: signals are for somebody else.
    pub(crate) fn of_fetches() -> Self {
        let stop = Self { flag: Arc::default(), signal: Arc::default() };
        // Where it cannot be listened to, it does what it always did.
        let _heard = flag::register(SIGINT, Arc::clone(&stop.flag));
        stop
    }

    /// Ends the process as the signal would have, where there was one: whoever started it sees that.
    pub(crate) fn die_by_signal(&self) {
        let signal = self.signal.load(Ordering::Relaxed);
        if signal != 0 {
            let _ended = low_level::emulate_default_handler(signal as i32);
        }
    }
}

/// Hears of ^C and the like, so that what a probe made is deleted first. The second one ends at once.
pub(crate) fn interrupts() -> Result<Arc<AtomicBool>, Fault> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        flag::register_conditional_shutdown(signal, 130, Arc::clone(&stop))
            .and_then(|_| flag::register(signal, Arc::clone(&stop)))
            .map_err(|e| Fault::new(FaultKind::Broken, format!("signals cannot be heard: {e}")))?;
    }
    Ok(stop)
}
