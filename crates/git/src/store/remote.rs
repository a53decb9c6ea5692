//! Reads the server's refs, and fetches what they lead to.

use super::error::{broken, unavailable};
use super::{FETCH_LIMIT, LIST_LIMIT, Store};
use crate::parse;
use crate::process::{Failure, Git};
use allclear_core::port::{Memory, Refs, Remote, RepoError};
use allclear_core::text::plain;
use allclear_core::{CommitId, RefName};
use sha2::{Digest, Sha256};
use std::path::Path;
use std::time::Duration;

impl Remote for Store {
    fn observe(&self) -> Result<Refs, RepoError> {
        let (text, refs) = self.list()?;
        let digest: Vec<u8> =
            Sha256::new().chain_update(&text).chain_update(&self.lenders).finalize().to_vec();
        let fetched = || self.recall("fetched").as_deref() == Some(&digest[..]);
        if !fetched() {
            // Two processes of this machine share the store, and git locks refs without waiting.
            let _guard = self.lock()?;
            if !fetched() {
                self.fetch()?;
                self.remember("fetched", &digest);
            }
        }
        Ok(refs)
    }

    fn forget(&self) -> Result<(), RepoError> {
        self.remember("fetched", b"");
        forget_links(&self.dir);
        let names =
            self.git.ok(&["for-each-ref", "--format=delete %(refname)", "refs/in"], b"").map_err(broken)?;
        self.git.ok(&["update-ref", "--stdin"], &names).map(drop).map_err(broken)
    }

    fn refs(&self) -> Result<Refs, RepoError> {
        self.list().map(|(_, refs)| refs)
    }

    fn default_branch(&self) -> Result<Option<String>, RepoError> {
        default_branch(&self.network, &self.url).map_err(unavailable)
    }

    fn how_to_restore(&self, name: &RefName, commit: &CommitId) -> String {
        format!("git -C {} push --force {} {commit}:{name}", self.dir.display(), plain(&self.url))
    }
}

impl Store {
    fn list(&self) -> Result<(Vec<u8>, Refs), RepoError> {
        self.list_within(LIST_LIMIT)
    }

    pub(crate) fn list_within(&self, limit: Duration) -> Result<(Vec<u8>, Refs), RepoError> {
        let output =
            self.network.run(&["ls-remote", "-q", "--", &self.url], b"", limit).map_err(unavailable)?;
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
        Ok((output.stdout, refs))
    }

    fn fetch(&self) -> Result<(), RepoError> {
        self.fetch_once().or_else(|_| {
            // Perhaps a lender went away with objects that our refs still name. Without the refs, git
            // asks the server for everything that is missing.
            self.forget()?;
            self.fetch_once()
        })
    }

    fn fetch_once(&self) -> Result<(), RepoError> {
        let args = [
            "fetch",
            "-q",
            "--no-tags",
            "--prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--",
            &self.url,
            "+refs/heads/*:refs/in/heads/*",
            "+refs/tags/*:refs/in/tags/*",
            "+refs/allclear/*:refs/in/allclear/*",
        ];
        let output = self.network.run(&args, b"", FETCH_LIMIT).map_err(unavailable)?;
        if output.code == Some(0) {
            return Ok(());
        }
        let why = output.said.iter().rev().find(|l| l.starts_with("fatal:") || l.starts_with("error:"));
        let why = why.or(output.said.last()).map_or("it did not say why", String::as_str);
        Err(RepoError::Unavailable(format!("fetching from {} failed: {why}", plain(&self.url))))
    }
}

/// Asks the server for its `HEAD`.
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

/// Drops the links that were written down: they may name commits that went away with a lender.
fn forget_links(store: &Path) {
    let info = store.join("objects/info");
    drop(std::fs::remove_file(info.join("commit-graph")));
    drop(std::fs::remove_dir_all(info.join("commit-graphs")));
}
