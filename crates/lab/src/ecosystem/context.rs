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
    /// For resolvers: who the caller is, and how they reach the network.
    pub env: Vec<(OsString, OsString)>,
    pub cache: PathBuf,
    /// The command that calls [`crate::helper::main`].
    pub helper: Vec<OsString>,
    /// The project's releases. A downstream that requires one of them gets it from the project's own
    /// repository.
    pub releases: BTreeMap<Version, CommitId>,
    /// Later releases of other packages are not seen.
    pub until: Timestamp,
    /// Whether foreign code may run without a sandbox.
    pub uncontained: bool,
    /// Another thread sets it to end what is being fetched.
    pub stop: Arc<AtomicBool>,
}

pub(crate) struct Context<'a> {
    pub(crate) sources: &'a dyn Sources,
    pub(crate) around: Surroundings,
    /// The lab's own directory in the cache.
    pub(crate) dir: PathBuf,
}

impl Context<'_> {
    /// Finds an earlier release of the project by the version in a downstream's manifest.
    pub(crate) fn release(&self, version: &str) -> Option<(Side, PathBuf)> {
        let version = Version::parse(version.trim_start_matches('v')).ok()?;
        let commit = self.around.releases.get(&version)?.clone();
        let tree = self.sources.tree(".", &commit).ok()?;
        Some((Side { version, commit }, tree))
    }
}
