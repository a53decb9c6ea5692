//! Heals the store. It is a cache, so whatever is wrong with it, it is made again from the server.
//!
//! Damage is found when git fails to read the store or to fetch into it, and when something is missing that the
//! server's refs lead to. The new store is made aside and fetched completely before it replaces the damaged
//! one, so a server that cannot be reached takes nothing away. That happens once in a store's life, under its
//! lock, and never during a push from it. The damaged store is kept beside the new one for two weeks: it may
//! have the only copy of commits that the server has lost.

use super::Store;
use super::error::{broken, io};
use super::make::{SIBLING, alternates, identity, init, lock, set_aside};
use crate::parse::id_lines;
use allclear_core::port::RepoError;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Remembered facts that outlive the objects: they are checked by content where they are used.
const CARRIED_OVER: [&str; 2] = ["head", "fold"];
/// No git holds a lock for longer, since fetches into a store take turns.
const LOCK_AGE: Duration = Duration::from_secs(3);
const DAMAGED_AGE: Duration = Duration::from_hours(14 * 24);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

impl Store {
    /// Reads from the store. If that fails because the store is damaged, it is made again and read once more.
    pub(super) fn healing<T>(&self, read: &dyn Fn() -> Result<T, RepoError>) -> Result<T, RepoError> {
        match read() {
            Err(RepoError::Protocol(what)) => {
                self.remake(what)?;
                read()
            }
            answer => answer,
        }
    }

    /// Makes the store again if an error says that it is damaged; for callers that have to start over then.
    pub(super) fn remade(&self, error: RepoError) -> RepoError {
        let RepoError::Protocol(what) = error else { return error };
        self.mark_written();
        // This fails with `Remade`, since something was built.
        self.remake(what.clone()).err().unwrap_or(RepoError::Protocol(what))
    }

    /// Makes the store again, because of `what`. Fails with `Remade` if something was built in the old one,
    /// which is gone now; with `what` if it was made again before; with `Unavailable` if the server cannot be
    /// fetched from.
    pub(super) fn remake(&self, what: String) -> Result<(), RepoError> {
        if self.state.healed.load(Relaxed) {
            return Err(RepoError::Protocol(what));
        }
        let guard = self.lock()?;
        self.remake_locked(what)?;
        drop(guard);
        Ok(())
    }

    /// The same, for callers that hold the lock.
    pub(super) fn remake_locked(&self, what: String) -> Result<(), RepoError> {
        if self.state.healed.load(Relaxed) {
            return Err(RepoError::Protocol(what));
        }
        // Another process may have made it again in the meantime.
        if self.state.identity() == identity(&self.dir) {
            self.replace(&what)?;
            self.state.healed.store(true, Relaxed);
        }
        self.state.reopen(self.git.clone(), &self.dir);
        if self.state.wrote.swap(false, Relaxed) {
            return Err(RepoError::Remade(format!(
                "this machine's private store was damaged, and has been made again ({what})"
            )));
        }
        Ok(())
    }

    fn replace(&self, what: &str) -> Result<(), RepoError> {
        tracing::warn!(what, "the private store is damaged and is made again");
        let temp = self.temp_dir()?;
        let fresh = temp.path().join("store");
        self.fill(&fresh)?;
        let pushes = lock(&self.dir, "push")?;
        pushes.lock().map_err(|e| io("waiting for pushes from the store", &e))?;
        set_aside(&self.dir, what)?;
        std::fs::rename(&fresh, &self.dir).map_err(|e| io("putting the new store in its place", &e))
    }

    fn fill(&self, fresh: &Path) -> Result<(), RepoError> {
        init(fresh, &self.maker, &self.format)?;
        let before = std::fs::read(self.dir.join("objects/info/alternates")).unwrap_or_default();
        drop(std::fs::write(fresh.join("objects/info/alternates"), before));
        alternates(fresh, self.objects.as_deref())?;
        self.fetch_by(&self.network.clone_at(fresh).with_env("GIT_DIR", fresh))?;
        let (from, to) = (self.dir.join("allclear"), fresh.join("allclear"));
        std::fs::create_dir_all(&to).map_err(|e| io("making the store", &e))?;
        for name in CARRIED_OVER {
            // What cannot be carried over is looked up again.
            drop(std::fs::copy(from.join(name), to.join(name)));
        }
        Ok(())
    }

    /// Makes sure that the history of what was fetched is complete; for callers that miss an object and have to
    /// know whether the server ever had it.
    pub(super) fn check_history(&self) -> Result<(), RepoError> {
        // Without the server nothing can be said, and what it has since is fetched by the next look.
        let Ok((text, refs)) = self.list() else { return Ok(()) };
        if !self.has_fetched(&text) {
            return Ok(());
        }
        let tips = id_lines(refs.objects.values());
        self.git.ok(&["rev-list", "--quiet", "--stdin"], tips.as_bytes()).map(drop).map_err(broken)
    }

    /// Removes lock files of processes that were killed. Only under the store's own lock.
    pub(super) fn sweep_locks(&self) {
        let mut found = Vec::new();
        for dir in ["", "objects/info", "objects/info/commit-graphs"] {
            list_locks(&self.dir.join(dir), false, &mut found);
        }
        for dir in ["refs/in", "refs/tags", "refs/repair"] {
            list_locks(&self.dir.join(dir), true, &mut found);
        }
        for file in found {
            // A young one may belong to a child of a killed process, which ends soon.
            let age = || {
                let changed = std::fs::metadata(&file).and_then(|data| data.modified()).ok()?;
                Some(changed.elapsed().unwrap_or(LOCK_AGE))
            };
            while age().is_some_and(|age| age < LOCK_AGE) {
                std::thread::sleep(LOCK_PAUSE);
            }
            drop(std::fs::remove_file(&file));
        }
    }

    pub(super) fn sweep(&self) {
        let damaged = self.dir.with_extension(SIBLING);
        let changed = std::fs::metadata(&damaged).and_then(|data| data.modified());
        if changed.is_ok_and(|at| at.elapsed().unwrap_or_default() > DAMAGED_AGE) {
            drop(std::fs::remove_dir_all(damaged));
        }
    }
}

fn list_locks(dir: &Path, deep: bool, found: &mut Vec<std::path::PathBuf>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let is_dir = entry.file_type().is_ok_and(|kind| kind.is_dir());
        let path = entry.path();
        if is_dir && deep {
            list_locks(&path, true, found);
        } else if !is_dir && path.extension().is_some_and(|end| end == "lock") {
            found.push(path);
        }
    }
}
