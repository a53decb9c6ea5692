//! What the lab has from its surroundings.

use allclear_core::experiment::Side;
use allclear_core::port::lab::Sources;
use allclear_core::{CommitId, Version};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What the lab takes from its surroundings.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The caller's environment, for the resolvers: who they are and how they reach the network.
    pub env: Vec<(OsString, OsString)>,
    /// Where caches live.
    pub cache: PathBuf,
    /// The program and the arguments that call [`crate::helper::main`].
    pub helper: Vec<OsString>,
    /// The project's releases: a downstream that asks for one of them gets it from the project's own repository.
    pub releases: BTreeMap<Version, CommitId>,
    /// What is published later than this is not seen.
    pub until: Timestamp,
    /// Whether foreign code may run without a sandbox.
    pub uncontained: bool,
    /// Whether nothing is fetched: only what was kept answers.
    pub offline: bool,
    /// Set from outside to end what is fetched.
    pub stop: Arc<AtomicBool>,
}

/// What an ecosystem works with.
pub(crate) struct Context<'a> {
    pub(crate) sources: &'a dyn Sources,
    pub(crate) around: Surroundings,
    /// The lab's own directory, below the cache.
    pub(crate) dir: PathBuf,
}

impl Context<'_> {
    /// Finds an earlier release of the project, by the number that a downstream's manifest names; `None` where it is
    /// not a release that is known here.
    pub(crate) fn release(&self, version: &str) -> Option<(Side, PathBuf)> {
        let version = Version::parse(version.trim_start_matches('v')).ok()?;
        let commit = self.around.releases.get(&version)?.clone();
        let tree = self.sources.tree(".", &commit).ok()?;
        Some((Side { version, commit }, tree))
    }
}
