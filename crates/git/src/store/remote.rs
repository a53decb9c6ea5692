//! Reads the server's refs, and fetches what they lead to.

use super::error::unavailable;
use super::{FETCH_LIMIT, LIST_LIMIT, Store, held};
use crate::parse;
use crate::process::{Failure, Git, words};
use crate::reader::Reader;
use crate::user_clone::shown;
use allclear_core::port::{Memory, Refs, Remote, RepoError};
use allclear_core::types::text::plain;
use allclear_core::{CommitId, RefName};
use sha2::{Digest, Sha256};
use std::time::Duration;

/// What is fetched, and where it goes. Branches keep their names: those of a clone do, and the store has none of its
/// own. Tags would be in the way of those that are made here.
pub(super) const FETCHED: [&str; 3] =
    ["+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/in/tags/*", "+refs/allclear/*:refs/in/allclear/*"];

impl Remote for Store {
    fn observe(&self) -> Result<Refs, RepoError> {
        let (text, refs) = self.list()?;
        if !self.has_fetched(&text) {
            // Two processes of this machine share the store, and git does not wait for locks of refs.
            let _guard = self.lock()?;
            if !self.has_fetched(&text) {
                if !self.has_pushed(&refs) {
                    self.fetch()?;
                    // A process that ran before knows nothing of a clone that lends its objects since.
                    *held(&self.state.reader) = Reader::new(self.unsettled_git.clone());
                }
                self.remember("fetched", &self.digest(&text));
            }
        }
        held(&self.state.seen).refs = Some(refs.objects.clone());
        Ok(refs)
    }

    fn refs(&self) -> Result<Refs, RepoError> {
        self.list().map(|(_, refs)| refs)
    }

    fn default_branch(&self) -> Result<Option<String>, RepoError> {
        default_branch(&self.git_without_store(), &self.url).map_err(unavailable)
    }

    fn how_to_restore(&self, name: &RefName, commit: &CommitId) -> String {
        format!("git -C {} push --force {} {commit}:{name}", self.dir.display(), plain(&self.url))
    }
}

impl Store {
    /// A git that asks the server and does not need the store, which may be damaged.
    fn git_without_store(&self) -> Git {
        self.network.clone_at(self.dir.parent().unwrap_or(&self.dir)).with_env("GIT_DIR", "/dev/null")
    }

    pub(super) fn list(&self) -> Result<(Vec<u8>, Refs), RepoError> {
        self.list_within(LIST_LIMIT)
    }

    pub(crate) fn list_within(&self, limit: Duration) -> Result<(Vec<u8>, Refs), RepoError> {
        let _span = tracing::info_span!("list", server = shown(&self.url)).entered();
        let args = ["ls-remote", "-q", "--", &self.url];
        let output = self.git_without_store().run(&args, b"", limit).map_err(unavailable)?;
        if output.code != Some(0) {
            let why = output
                .said
                .iter()
                .find(|l| l.starts_with("fatal:") || l.starts_with("ssh:"))
                .or(output.said.last());
            let why = why.map_or("it did not say why", String::as_str);
            return Err(RepoError::Unavailable(format!(
                "the server {} cannot be read: {why}",
                plain(&self.url)
            )));
        }
        let refs = parse::refs(&output.stdout);
        tracing::info!(refs = refs.objects.len(), "listed");
        Ok((output.stdout, refs))
    }

    /// A digest of the server's refs and of where their objects are borrowed from.
    fn digest(&self, list: &[u8]) -> Vec<u8> {
        Sha256::new().chain_update(list).chain_update(&self.alternates).finalize().to_vec()
    }

    /// Tells whether everything that these refs lead to was fetched.
    pub(super) fn has_fetched(&self, list: &[u8]) -> bool {
        self.recall("fetched").as_deref() == Some(&self.digest(list)[..])
    }

    /// Tells whether all that is new since the last look was pushed from this store, which so has it. The next fetch
    /// brings its own refs up to date.
    fn has_pushed(&self, refs: &Refs) -> bool {
        let seen = held(&self.state.seen);
        let Some(before) = &seen.refs else { return false };
        refs.objects.iter().all(|(name, id)| before.get(name) == Some(id) || seen.pushed.contains(id))
    }

    fn fetch(&self) -> Result<(), RepoError> {
        self.sweep_locks();
        if self.is_new() {
            return self.begin();
        }
        self.fetch_by(&self.network).or_else(|error| {
            // The server has just answered, so it may well be the store: damaged, or without the objects of a
            // clone that is gone. If a new one cannot be fetched into either, it is the server.
            match self.remake_locked(error.to_string()) {
                Err(RepoError::Unavailable(_) | RepoError::Protocol(_)) => Err(error),
                healed => healed.and_then(|()| self.fetch_by(&self.network)),
            }
        })
    }

    pub(super) fn fetch_by(&self, git: &Git) -> Result<(), RepoError> {
        let _span = tracing::info_span!("fetch", server = shown(&self.url)).entered();
        let mut args = words("fetch -q --no-tags --prune --no-write-fetch-head --no-auto-maintenance");
        args.extend(["--no-recurse-submodules", "--", &self.url]);
        args.extend(FETCHED);
        let output = git.run(&args, b"", FETCH_LIMIT).map_err(unavailable)?;
        tracing::info!(ok = output.code == Some(0), "fetched");
        if output.code == Some(0) {
            return Ok(());
        }
        let why = output.said.iter().rev().find(|l| l.starts_with("fatal:") || l.starts_with("error:"));
        let why = why.or(output.said.last()).map_or("it did not say why", String::as_str);
        Err(RepoError::Unavailable(format!("fetching from {} failed: {why}", plain(&self.url))))
    }
}

fn default_branch(network: &Git, url: &str) -> Result<Option<String>, Failure> {
    let args = ["ls-remote", "-q", "--symref", "--", url, "HEAD"];
    let output = network.run(&args, b"", LIST_LIMIT)?;
    if output.code != Some(0) {
        return Err(Failure::Failed { verb: "ls-remote".into(), said: output.said });
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let name = text.lines().find_map(|l| l.strip_prefix("ref: refs/heads/")?.strip_suffix("\tHEAD"));
    Ok(name.map(str::to_owned))
}
