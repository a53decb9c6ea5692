//! The lab of this machine: the one place that names the adapters of experiments.

use crate::context::Context;
use crate::environment::whole_environment;
use allclear_core::{Policy, policy};
use allclear_engine::{Fault, FaultKind, Snapshot};
use allclear_git::Mirrors;
use allclear_lab::{Lab, Sandbox, Surroundings};
use std::ffi::OsString;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// The hidden verb by which the lab calls this very program inside a sandbox.
pub(crate) const INSIDE: &str = "inside";

/// Opens the sources of downstreams.
pub(crate) fn sources(context: &Context) -> Result<Mirrors<'_>, Fault> {
    Ok(Mirrors::open(&context.store, &context.clone, &context.env)?)
}

/// Opens the lab of this machine, as the policy wants it. What it fetches ends when `stop` is set.
pub(crate) fn open<'a>(
    context: &Context,
    sources: &'a Mirrors<'a>,
    seen: &Snapshot,
    policy: Option<&Policy>,
    stop: &Arc<AtomicBool>,
) -> Result<Lab<'a>, Fault> {
    let around = Surroundings {
        env: whole_environment(),
        cache: context.env.cache.clone(),
        helper: helper()?,
        releases: seen.facts.released.clone(),
        until: context.now(),
        uncontained: policy.is_some_and(|p| p.gates.downstream.sandbox == policy::Sandbox::None),
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
fn at_once() -> usize {
    std::thread::available_parallelism().map_or(1, |n| (n.get() / 2).max(1))
}

pub(crate) fn jobs(wanted: Option<NonZeroUsize>) -> usize {
    wanted.map_or_else(at_once, NonZeroUsize::get)
}
