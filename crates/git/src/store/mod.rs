//! The private bare store of one server's objects. Each port over it has a file of its own.

mod create;
mod error;
mod graph;
mod make;
mod memory;
mod merge;
mod objects;
mod push;
mod remote;
mod signing;

pub(crate) use error::{broken, id, io, unavailable};
pub(crate) use make::{fresh_name, make};

use crate::process::Git;
use crate::user_clone::{Clone, Environment, with_secret};
use crate::writer::Writer;
use allclear_core::port::RepoError;
use allclear_core::text::hex;
use make::lenders;
use sha2::{Digest, Sha256};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shorter than the two minutes for which what was judged clear stays clear.
const PUSH_LIMIT: Duration = Duration::from_secs(110);
const LIST_LIMIT: Duration = Duration::from_mins(1);
pub(crate) const FETCH_LIMIT: Duration = Duration::from_mins(30);

/// A private bare store and its server.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    url: String,
    pub(crate) git: Git,
    network: Git,
    /// The object directories that the store borrows from, by identity: another clone at the same path
    /// is another lender.
    lenders: String,
    signing_key: Option<String>,
    /// The key under statements.
    pub(crate) statement_key: Option<String>,
    writer: Arc<Mutex<Writer>>,
    /// The environment of what the project itself wants run.
    caller: Vec<(OsString, OsString)>,
}

impl Store {
    /// Opens the store for a clone's server, and makes it where there is none.
    pub fn open(clone: &Clone, env: &Environment) -> Result<Self, RepoError> {
        let digest = Sha256::digest(clone.remote.as_bytes());
        let key = hex(&digest[..12]);
        let dir = env.cache.join("stores").join(key);
        let git = Git::new(&dir, &env.inherited);
        if !dir.join("HEAD").is_file() {
            make(&dir, &git, &clone.format)?;
        }
        let lenders = lenders(&dir, clone.objects.as_deref())?;
        let mut network = git.clone();
        for (key, value) in &clone.transport {
            network = network.with_config(key, value);
        }
        let network = with_secret(network, clone.secret.as_ref());
        let (url, signing_key) = (clone.remote.clone(), clone.signing_key.clone());
        let statement_key = clone.statement_key.clone();
        let writer =
            Arc::new(Mutex::new(Writer::new(git.clone(), dir.join(format!("new.{}", fresh_name())))));
        let caller = env.inherited.clone();
        Ok(Self { dir, url, git, network, lenders, signing_key, statement_key, writer, caller })
    }

    /// Gives the project's own commands another environment than git's: the caller's, whose tokens they need.
    pub fn with_caller(mut self, caller: Vec<(OsString, OsString)>) -> Self {
        self.caller = caller;
        self
    }

    pub(crate) fn caller(&self) -> &[(OsString, OsString)] {
        &self.caller
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// Gives the cache directory that the store is in.
    pub(crate) fn cache(&self) -> &Path {
        self.dir.ancestors().nth(2).unwrap_or(&self.dir)
    }

    /// Gives the store's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Gives a store that reads the objects of another repository.
    pub(crate) fn reading(&self, git: Git) -> Self {
        Self { git, ..self.clone() }
    }

    /// Gives the git that connects to the server, and the server's address.
    pub(crate) fn network(&self) -> (&Git, &str) {
        (&self.network, &self.url)
    }

    /// Packs loose objects when there are many. Nothing younger than two weeks is ever dropped, so that an
    /// operation in flight keeps its objects.
    pub fn tidy(&self) {
        let git = self.git.clone().with_config("gc.auto", "2000");
        // An untidy store works as well.
        let _unpacked = git.run(&["gc", "--auto", "-q"], b"", FETCH_LIMIT);
    }

    fn lock(&self) -> Result<std::fs::File, RepoError> {
        let file =
            std::fs::File::create(self.dir.join("allclear.lock")).map_err(|e| io("locking the store", &e))?;
        file.lock().map_err(|e| io("locking the store", &e))?;
        Ok(file)
    }

    fn scratch(&self) -> Result<PathBuf, RepoError> {
        let dir = self.dir.join("scratch").join(fresh_name());
        std::fs::create_dir_all(&dir).map_err(|e| io("making a scratch directory", &e))?;
        Ok(dir)
    }
}
