//! One machine: a store and a cache of its own.

use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::port::Repository;
use allclear_engine::{Engine, Note};
use allclear_git::{Clone, Environment, Store, VirtualClock};
use std::path::Path;
use std::sync::Arc;

/// A machine that runs allclear.
#[derive(Debug)]
pub struct Machine {
    /// Its private store.
    pub store: Store,
    /// Its clock.
    pub clock: Arc<VirtualClock>,
    name: String,
}

/// Hears nothing.
fn deaf(_: &Note) {}

impl Machine {
    /// Sets a machine up: its clone, its cache, its clock.
    pub fn new(name: &str, clone: &Path, env: &Environment, clock: Arc<VirtualClock>) -> Self {
        let clone = Clone::open(clone, None, env).unwrap();
        Self { store: Store::open(&clone, env).unwrap(), clock, name: name.into() }
    }

    /// Gives the project's own commands on this machine more variables.
    pub fn with_variables(mut self, env: &Environment, vars: &[(&str, &str)]) -> Self {
        let more = vars.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        self.store = self.store.with_caller(env.inherited.iter().cloned().chain(more).collect());
        self
    }

    /// Gives its engine.
    pub fn engine(&self) -> Engine<'_> {
        self.engine_on(&self.store)
    }

    /// Gives its engine over another repository, such as a [`crate::Flaky`] one.
    pub fn engine_on<'a>(&'a self, repo: &'a dyn Repository) -> Engine<'a> {
        self.engine_with(repo, &deaf)
    }

    /// Gives its engine with somebody who hears each step.
    pub fn engine_with<'a>(
        &'a self,
        repo: &'a dyn Repository,
        watch: &'a (dyn Fn(&Note) + Sync),
    ) -> Engine<'a> {
        let by = Actor { who: format!("{0} <{0}@example.org>", self.name), proof: Proof::Claimed };
        let (steps, notify) = (Some(&self.store as _), Some(&self.store as _));
        Engine { repo, steps, notify, clock: &*self.clock, by, via: Via::Cli, watch }
    }

    /// Forgets everything that this machine remembers, as if its cache had been deleted.
    pub fn forget(&self) {
        drop(std::fs::remove_dir_all(self.store.dir().join("allclear")));
    }
}
