//! Heals the store. It is a cache: whatever is wrong with it, it is made again from the server.
//!
//! What is wrong is found where git fails to read the store, or to fetch into it, and where something is missing that
//! the server's refs lead to. The new store is made aside and fetched to its end before it takes the place of the
//! damaged one, so that a server that cannot be reached takes nothing away. That happens once in a store's life, under
//! its lock, and never while anybody pushes from it. The damaged store is kept beside the new one for two weeks: it
//! may have the only copy of commits that the server has lost.

use super::Store;
use super::error::{broken, io};
use super::make::{SIBLING, identity, init, lenders, lock, set_aside};
use allclear_core::port::RepoError;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// What is remembered of a repository whatever becomes of its objects: it is checked by content where it is used.
const CARRIED: [&str; 2] = ["head", "fold"];
/// No git holds a lock for longer than this, in a store whose fetches take turns.
const LOCK_AGE: Duration = Duration::from_secs(3);
/// How long a damaged store is kept.
const DAMAGED_AGE: Duration = Duration::from_hours(14 * 24);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

impl Store {
    /// Reads the store; where that fails because it is damaged, makes it again and reads once more.
    pub(super) fn healing<T>(&self, read: &dyn Fn() -> Result<T, RepoError>) -> Result<T, RepoError> {
        match read() {
            Err(RepoError::Protocol(what)) => {
                self.remake(what)?;
                read()
            }
            answer => answer,
        }
    }

    /// Makes the store again where an error says that it is damaged; for who has to begin anew then.
    pub(super) fn remade(&self, error: RepoError) -> RepoError {
        let RepoError::Protocol(what) = error else { return error };
        self.builds();
        // It answers `Remade`, since something was built.
        self.remake(what.clone()).err().unwrap_or(RepoError::Protocol(what))
    }

    /// Makes the store again, because of `what`.
    ///
    /// # Errors
    ///
    /// `Remade` where something was built in the old one, which is gone now. What is wrong, where it was made again
    /// before. `Unavailable` where the server cannot be fetched from.
    pub(super) fn remake(&self, what: String) -> Result<(), RepoError> {
        if self.state.healed.load(Relaxed) {
            return Err(RepoError::Protocol(what));
        }
        let guard = self.lock()?;
        self.remake_locked(what)?;
        drop(guard);
        Ok(())
    }

    /// The same for who has the lock already.
    pub(super) fn remake_locked(&self, what: String) -> Result<(), RepoError> {
        if self.state.healed.load(Relaxed) {
            return Err(RepoError::Protocol(what));
        }
        // Another process may have made it again while this one waited.
        if self.state.identity() == identity(&self.dir) {
            self.replace(&what)?;
            self.state.healed.store(true, Relaxed);
        }
        self.state.anew(self.git.clone(), &self.dir);
        if self.state.wrote.swap(false, Relaxed) {
            return Err(RepoError::Remade(format!(
                "this machine's private store was damaged, and has been made again ({what})"
            )));
        }
        Ok(())
    }

    /// Makes a store aside, fetches into it, and puts it in the place of this one.
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
        lenders(fresh, self.objects.as_deref())?;
        self.fetch_by(&self.network.clone_at(fresh).with_env("GIT_DIR", fresh))?;
        let (from, to) = (self.dir.join("allclear"), fresh.join("allclear"));
        std::fs::create_dir_all(&to).map_err(|e| io("making the store", &e))?;
        for name in CARRIED {
            // What cannot be carried over is looked up again.
            drop(std::fs::copy(from.join(name), to.join(name)));
        }
        Ok(())
    }

    /// Makes sure that the history of what was fetched is there; for who misses something, and wonders whether the
    /// server has it at all.
    pub(super) fn check_history(&self) -> Result<(), RepoError> {
        // Without the server nothing can be told, and what it has since is fetched by the next look.
        let Ok((text, refs)) = self.list() else { return Ok(()) };
        if !self.has_fetched(&text) {
            return Ok(());
        }
        let tips: String = refs.objects.values().map(|id| format!("{id}\n")).collect();
        self.git.ok(&["rev-list", "--quiet", "--stdin"], tips.as_bytes()).map(drop).map_err(broken)
    }

    /// Removes the lock files that a git left behind which was killed. To be called under the store's own lock.
    pub(super) fn sweep_locks(&self) {
        let mut found = Vec::new();
        for dir in ["", "objects/info", "objects/info/commit-graphs"] {
            list_locks(&self.dir.join(dir), false, &mut found);
        }
        for dir in ["refs/in", "refs/tags", "refs/repair"] {
            list_locks(&self.dir.join(dir), true, &mut found);
        }
        for file in found {
            // One that is young may be in use, by what a killed process has started: that ends soon.
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

    /// Removes a damaged store that was kept long enough.
    pub(super) fn sweep(&self) {
        let damaged = self.dir.with_extension(SIBLING);
        let changed = std::fs::metadata(&damaged).and_then(|data| data.modified());
        if changed.is_ok_and(|at| at.elapsed().unwrap_or_default() > DAMAGED_AGE) {
            drop(std::fs::remove_dir_all(damaged));
        }
    }
}

/// Lists the lock files of a directory.
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
