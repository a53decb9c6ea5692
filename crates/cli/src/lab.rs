//! The lab of this machine, and what ends it: the one place that names the adapters of experiments.

use crate::context::{Place, whole_environment};
use allclear_core::{Policy, policy};
use allclear_engine::{Fault, FaultKind, Snapshot};
use allclear_git::Mirrors;
use allclear_lab::{Lab, Sandbox, Surroundings};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::{flag, low_level};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// The hidden verb by which the lab calls this very program inside a sandbox.
pub(crate) const INSIDE: &str = "inside";

/// Opens the sources of downstreams.
pub(crate) fn sources(place: &Place) -> Result<Mirrors<'_>, Fault> {
    Ok(Mirrors::open(&place.store, &place.clone, &place.env)?)
}

/// Opens the lab of this machine, as the policy wants it. What it fetches ends when `stop` is set.
pub(crate) fn open<'a>(
    place: &Place,
    sources: &'a Mirrors<'a>,
    seen: &Snapshot,
    policy: Option<&Policy>,
    stop: &Arc<AtomicBool>,
) -> Result<Lab<'a>, Fault> {
    let around = Surroundings {
        env: whole_environment(),
        cache: place.env.cache.clone(),
        helper: helper()?,
        releases: seen.facts.released.clone(),
        until: place.now(),
        uncontained: policy.is_some_and(|p| p.gates.downstream.sandbox == policy::Sandbox::None),
        offline: false,
        stop: Arc::clone(stop),
    };
    Ok(Lab::open(sources, around))
}

/// Says why foreign code cannot be contained on this machine, and what to do; `None` where it can.
pub(crate) fn uncontained() -> Result<Option<String>, Fault> {
    Ok(Sandbox::find(helper()?).err())
}

/// Gives the command that calls this very program inside a sandbox.
fn helper() -> Result<Vec<OsString>, Fault> {
    let program = std::env::current_exe().map_err(|e| {
        Fault::new(FaultKind::TryLater, format!("this very program cannot be found on this machine: {e}"))
    })?;
    Ok(vec![program.into(), INSIDE.into()])
}

/// Gives how many downstreams are tried at once where nobody says: half of the processors, for each of them builds
/// with several.
pub(crate) fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, |n| (n.get() / 2).max(1))
}

/// Gives how many are wanted.
pub(crate) fn jobs(wanted: Option<NonZeroUsize>) -> usize {
    wanted.map_or_else(at_once, NonZeroUsize::get)
}

/// What is set by Ctrl-C, and by being told to end. A second one ends the process at once.
pub(crate) struct Stop {
    pub(crate) flag: Arc<AtomicBool>,
    signal: Arc<AtomicUsize>,
}

impl Stop {
    /// Listens from here on.
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
    pub(crate) fn patient() -> Self {
        let stop = Self { flag: Arc::default(), signal: Arc::default() };
        // Where it cannot be listened to, it does what it always did.
        let _heard = flag::register(SIGINT, Arc::clone(&stop.flag));
        stop
    }

    /// Ends the process as the signal would have, where there was one: whoever started it sees that.
    pub(crate) fn obey(&self) {
        let signal = self.signal.load(Ordering::Relaxed);
        if signal != 0 {
            let _ended = low_level::emulate_default_handler(signal as i32);
        }
    }
}
