//! A machine with a store and a cache of its own.

use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::port::Repository;
use allclear_engine::{Engine, Note};
use allclear_git::{Clone, Environment, Store, VirtualClock};
use std::path::Path;
use std::sync::Arc;

#[derive(Debug)]
pub struct Machine {
    pub store: Store,
    pub clock: Arc<VirtualClock>,
    name: String,
}

fn ignore(_: &Note) {}

impl Machine {
    pub fn new(name: &str, clone: &Path, env: &Environment, clock: Arc<VirtualClock>) -> Self {
        let clone = Clone::open(clone, None, env).unwrap();
        Self { store: Store::open(&clone, env).unwrap(), clock, name: name.into() }
    }

    pub fn with_variables(mut self, env: &Environment, vars: &[(&str, &str)]) -> Self {
        let more = vars.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        self.store = self.store.with_caller(env.inherited.iter().cloned().chain(more).collect());
        self
    }

    pub fn engine(&self) -> Engine<'_> {
        self.engine_on(&self.store)
    }

    pub fn engine_on<'a>(&'a self, repo: &'a dyn Repository) -> Engine<'a> {
        self.engine_with(repo, &ignore)
    }

    pub fn engine_with<'a>(
        &'a self,
        repo: &'a dyn Repository,
        watch: &'a (dyn Fn(&Note) + Sync),
    ) -> Engine<'a> {
        let by = Actor { who: format!("{0} <{0}@example.org>", self.name), proof: Proof::Claimed };
        let (steps, notify) = (Some(&self.store as _), Some(&self.store as _));
        Engine { repo, steps, notify, clock: &*self.clock, by, recorded_by: None, via: Via::Cli, watch }
    }

    /// Deletes everything that this machine remembers.
    pub fn forget(&self) {
        drop(std::fs::remove_dir_all(self.store.dir().join("allclear")));
    }
}
