//! The private bare store for the objects of one server. Each port that it implements has a file of its own.

mod create;
mod entries;
mod error;
mod graph;
mod heal;
mod make;
mod memory;
mod merge;
mod objects;
mod push;
mod remote;
mod signing;

pub(crate) use error::{broken, id, io, unavailable};
pub(crate) use graph::patch_ids;
pub(crate) use make::make;
pub(crate) use objects::{TEXT_LIMIT, read_object};

use crate::process::Git;
use crate::reader::Reader;
use crate::user_clone::{Clone, Environment, with_secret};
use crate::writer::Writer;
use allclear_core::port::RepoError;
use allclear_core::types::text::hex;
use allclear_core::{CommitId, RefName};
use allclear_host::TempDir;
use make::{alternates, identity, is_store, lock, scratch, set_aside};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
use std::sync::atomic::{AtomicBool, AtomicUsize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Shorter than the two minutes for which a verdict stays valid.
const PUSH_LIMIT: Duration = Duration::from_secs(110);
const LIST_LIMIT: Duration = Duration::from_mins(1);
pub(crate) const FETCH_LIMIT: Duration = Duration::from_mins(30);

#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    url: String,
    /// How objects are named: `sha1` or `sha256`.
    format: String,
    /// The objects of the clone that the store is used from, if they may be borrowed.
    objects: Option<PathBuf>,
    /// Git without `GIT_DIR`, for making stores.
    maker: Git,
    /// For what reads nothing that this process wrote; all else goes by [`Store::git`].
    unsettled_git: Git,
    network: Git,
    state: Arc<State>,
    /// The identities of the object directories that the store borrows from: another clone at the same path is
    /// another one.
    alternates: String,
    signing_key: Option<String>,
    /// The key that signs statements.
    pub(crate) statement_key: Option<String>,
    /// The environment for the project's own commands.
    caller: Vec<(OsString, OsString)>,
}

/// What this process has done with the store.
#[derive(Debug)]
struct State {
    reader: Mutex<Reader>,
    writer: Mutex<Writer>,
    /// Whether the store may have objects that are nowhere else.
    wrote: AtomicBool,
    /// Whether the writer may have objects that are not settled. It is changed by who holds the writer.
    unsettled: AtomicBool,
    /// How often it was made again.
    remakes: AtomicUsize,
    /// The commits and tags that this process wrote, as it wrote them.
    written: Mutex<BTreeMap<CommitId, Vec<u8>>>,
    /// What of the server is in the store, as far as this process knows.
    seen: Mutex<Seen>,
    identity: Mutex<Option<(u64, u64)>>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The refs of the last look, with all that they lead to.
    refs: Option<BTreeMap<RefName, CommitId>>,
    /// What was pushed from the store.
    pushed: BTreeSet<CommitId>,
}

impl State {
    fn new(git: Git, format: String, dir: &Path) -> Self {
        Self {
            reader: Mutex::new(Reader::new(git.clone())),
            writer: Mutex::new(Writer::new(git, format)),
            wrote: AtomicBool::new(false),
            unsettled: AtomicBool::new(false),
            remakes: AtomicUsize::new(0),
            written: Mutex::default(),
            seen: Mutex::default(),
            identity: Mutex::new(identity(dir)),
        }
    }

    /// The directory that was the store when it was last opened.
    fn identity(&self) -> Option<(u64, u64)> {
        *held(&self.identity)
    }
}

impl Drop for State {
    fn drop(&mut self) {
        // All at once, so that nobody waits for one after the other.
        held(&self.reader).close();
        held(&self.writer).close();
    }
}

fn held<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Waits until no other process fetches into the store or replaces it.
fn locked(dir: &Path) -> Result<File, RepoError> {
    let file = lock(dir, "lock")?;
    file.lock().map_err(|e| io("locking the store", &e))?;
    Ok(file)
}

impl Store {
    /// Opens the store for a clone's server, and makes it if there is none.
    pub fn open(clone: &Clone, env: &Environment) -> Result<Self, RepoError> {
        let digest = Sha256::digest(clone.remote.as_bytes());
        let key = hex(&digest[..12]);
        let dir = env.cache.join("stores").join(key);
        let maker = Git::new(&dir, &env.inherited);
        let make_anew = || -> Result<(), RepoError> {
            let _guard = locked(&dir)?;
            if !is_store(&dir) {
                set_aside(&dir, "it is not a repository")?;
                make(&dir, &maker, &clone.format)?;
            }
            Ok(())
        };
        if !is_store(&dir) {
            make_anew()?;
        }
        let alternates = alternates(&dir, clone.objects.as_deref())?;
        // Set explicitly, since git would look for another repository further up if this one is damaged.
        let git = maker.clone().with_env("GIT_DIR", &dir);
        let mut network = git.clone().trusting(&clone.trusted).map_err(|e| io("preparing git", &e))?;
        for (key, value) in &clone.transport {
            network = network.with_config(key, value);
        }
        Ok(Self {
            state: Arc::new(State::new(git.clone(), clone.format.clone(), &dir)),
            url: clone.remote.clone(),
            format: clone.format.clone(),
            objects: clone.objects.clone(),
            maker,
            unsettled_git: git,
            network: with_secret(network, clone.secret.as_ref()),
            alternates,
            signing_key: clone.signing_key.clone(),
            statement_key: clone.statement_key.clone(),
            caller: env.inherited.clone(),
            dir,
        })
    }

    /// Gives the project's own commands the caller's environment, whose tokens they need.
    pub fn with_caller(mut self, caller: Vec<(OsString, OsString)>) -> Self {
        self.caller = caller;
        self
    }

    pub(crate) fn caller(&self) -> &[(OsString, OsString)] {
        &self.caller
    }

    /// How many digits an object's id has.
    fn id_length(&self) -> usize {
        if self.format == "sha256" { 64 } else { 40 }
    }

    /// Starts over with the store that is there now.
    fn reopen(&self) {
        let (state, git) = (&self.state, &self.unsettled_git);
        *held(&state.reader) = Reader::new(git.clone());
        *held(&state.writer) = Writer::new(git.clone(), self.format.clone());
        *held(&state.seen) = Seen::default();
        *held(&state.identity) = identity(&self.dir);
    }

    /// Waits until all objects are written.
    fn settle(&self) {
        if self.state.unsettled.load(SeqCst) {
            let mut writer = held(&self.state.writer);
            writer.settle();
            self.state.unsettled.store(false, SeqCst);
        }
    }

    fn reader(&self) -> MutexGuard<'_, Reader> {
        self.settle();
        held(&self.state.reader)
    }

    fn writer(&self) -> MutexGuard<'_, Writer> {
        self.mark_written();
        held(&self.state.writer)
    }

    /// Notes that the store may now have objects that are nowhere else.
    fn mark_written(&self) {
        self.state.wrote.store(true, Relaxed);
    }

    /// Git, with all that this process wrote there for it to read.
    pub(crate) fn git(&self) -> &Git {
        self.settle();
        &self.unsettled_git
    }

    pub(crate) fn cache(&self) -> &Path {
        self.dir.ancestors().nth(2).unwrap_or(&self.dir)
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn network(&self) -> (&Git, &str) {
        (&self.network, &self.url)
    }

    /// Packs loose objects when there are many. Objects younger than two weeks stay, so that an operation in
    /// flight keeps its own.
    pub fn tidy(&self) {
        let git = self.git().clone().with_config("gc.auto", "2000");
        self.sweep();
        // A failure does no harm.
        let _unpacked = git.run(&["gc", "--auto", "-q"], b"", FETCH_LIMIT);
    }

    fn lock(&self) -> Result<File, RepoError> {
        locked(&self.dir)
    }

    fn temp_dir(&self) -> Result<TempDir, RepoError> {
        TempDir::make(&scratch(&self.dir)).map_err(|e| io("making a temporary directory", &e))
    }
}

#[cfg(test)]
fn of_an_empty_server(dir: &Path) -> Store {
    let inherited = vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())];
    let server = dir.join("server");
    std::fs::create_dir(&server).expect("the directory is new");
    Git::new(&server, &inherited).ok(&["init", "-q", "--bare", "."], b"").expect("git is installed");
    let env = Environment { inherited, cache: dir.join("cache") };
    Store::open(&Clone::open(&server, None, &env).expect("it is a repository"), &env).expect("it can be made")
}
