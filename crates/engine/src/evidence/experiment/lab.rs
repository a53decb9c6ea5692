//! What experiments are made with on this machine.

use super::progress::Progress;
use crate::{EvidenceRefusal, Refusal};
use allclear_core::port::lab::{Executor, Sources};
use std::sync::atomic::{AtomicBool, Ordering};

/// What experiments are made with on this machine.
pub struct Lab<'a> {
    /// Brings projects here.
    pub sources: &'a dyn Sources,
    pub executor: &'a dyn Executor,
    /// How many downstreams are tried at once.
    pub jobs: usize,
    /// Set from outside to end everything.
    pub stop: &'a AtomicBool,
    /// Hears of each step, on the thread that asked for the experiment.
    pub watch: &'a (dyn Fn(&Progress<'_>) + Sync),
}

impl Lab<'_> {
    pub(super) fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn stop_if_asked(&self) {
        if self.is_stopped() {
            self.executor.stop();
        }
    }

    /// Refuses to go on where everything is to end.
    pub(super) fn go_on(&self) -> Result<(), Refusal> {
        if !self.is_stopped() {
            return Ok(());
        }
        Err(EvidenceRefusal::Stopped.into())
    }
}
