//! Heals the store. It is a cache, so whatever is wrong with it, it is made again from the server.
//!
//! Damage is found when git fails to read the store or to fetch into it, and when something is missing that the
//! server's refs lead to. The new store is made aside and fetched completely before it replaces the damaged
//! one, so a server that cannot be reached takes nothing away. That happens under the store's lock, never during a
//! push from it, and twice at most: a clone that lends its objects may be what is damaged, so that the second one
//! borrows from nobody. The damaged store is kept beside the new one for two weeks: it may
//! have the only copy of commits that the server has lost.

use super::error::{broken, done, io};
use super::make::{ALTERNATES, SIBLING, alternates, identity, init, lock, set_aside};
use super::remote::FETCHED;
use super::{FETCH_LIMIT, Store, held};
use crate::parse::id_lines;
use crate::process::words;
use crate::user_clone::shown;
use allclear_core::CommitId;
use allclear_core::port::RepoError;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// Remembered facts that outlive the objects: they are checked by content where they are used.
const CARRIED_OVER: [&str; 2] = ["head", "fold"];
/// No git holds a lock for longer, since fetches into a store take turns.
const LOCK_AGE: Duration = Duration::from_secs(3);
/// How often a process makes a store again.
const REMAKES: usize = 2;
const DAMAGED_AGE: Duration = Duration::from_hours(14 * 24);
const LOCK_PAUSE: Duration = Duration::from_millis(50);

/// Whose objects a new store borrows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Borrow {
    /// Those of the clones that the old store borrowed from.
    AsBefore,
    Nothing,
}

impl Store {
    /// Reads from the store. If that fails because the store is damaged, it is made again and read once more.
    pub(super) fn healing<T>(&self, read: &dyn Fn() -> Result<T, RepoError>) -> Result<T, RepoError> {
        loop {
            match read() {
                Err(RepoError::Protocol(what)) => self.remake(what)?,
                answer => return answer,
            }
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
    /// which is gone now; with `what` if it was made again often enough; with `Unavailable` if the server cannot be
    /// fetched from.
    pub(super) fn remake(&self, what: String) -> Result<(), RepoError> {
        let guard = self.lock()?;
        self.remake_locked(what)?;
        drop(guard);
        Ok(())
    }

    /// The same, for callers that hold the lock.
    pub(super) fn remake_locked(&self, what: String) -> Result<(), RepoError> {
        let remakes = self.state.remakes.load(Relaxed);
        if remakes == REMAKES {
            return Err(RepoError::Protocol(what));
        }
        // Another process may have made it again in the meantime.
        if self.state.identity() == identity(&self.dir) {
            // Before anything is fetched, so that the new store has all of it.
            let (_, refs) = self.list()?;
            self.replace(&what, if remakes == 0 { Borrow::AsBefore } else { Borrow::Nothing })?;
            self.state.remakes.store(remakes + 1, Relaxed);
            self.reopen();
            held(&self.state.seen).refs = Some(refs.objects);
        } else {
            self.reopen();
        }
        if self.state.wrote.swap(false, Relaxed) {
            return Err(RepoError::Remade(format!(
                "this machine's private store was damaged, and has been made again ({what})"
            )));
        }
        Ok(())
    }

    fn replace(&self, what: &str, borrow: Borrow) -> Result<(), RepoError> {
        tracing::warn!(what, "the private store is damaged and is made again");
        let temp = self.temp_dir()?;
        let fresh = temp.path().join("store");
        self.fill(&fresh, borrow)?;
        let pushes = lock(&self.dir, "push")?;
        pushes.lock().map_err(|e| io("waiting for pushes from the store", &e))?;
        set_aside(&self.dir, what)?;
        std::fs::rename(&fresh, &self.dir).map_err(|e| io("putting the new store in its place", &e))
    }

    /// Whether nothing was fetched into the store yet, and nothing was written into it.
    pub(super) fn is_new(&self) -> bool {
        let is_there = |name: &str| self.dir.join(name).exists();
        let has_some =
            |name: &str| std::fs::read_dir(self.dir.join(name)).is_ok_and(|mut all| all.next().is_some());
        !["objects/pack", "refs/heads"].into_iter().any(has_some)
            && !["packed-refs", "refs/in", "allclear"].into_iter().any(is_there)
            && !self.state.wrote.load(Relaxed)
    }

    /// Puts a store with everything of the server in the place of a new one. Only under the store's lock.
    pub(super) fn begin(&self) -> Result<(), RepoError> {
        let temp = self.temp_dir()?;
        let fresh = temp.path().join("store");
        self.fill(&fresh, Borrow::AsBefore)?;
        let put = |from: &Path, to: &Path| {
            std::fs::rename(from, to).map_err(|e| io("putting the store in its place", &e))
        };
        put(&self.dir, &temp.path().join("empty"))?;
        put(&fresh, &self.dir)?;
        self.reopen();
        Ok(())
    }

    fn fill(&self, fresh: &Path, borrow: Borrow) -> Result<(), RepoError> {
        if self.clone_into(fresh, borrow).is_err() {
            drop(std::fs::remove_dir_all(fresh));
            init(fresh, &self.maker, &self.format)?;
            self.borrow(fresh, borrow)?;
            let filled = self.fetch_by(&self.network.clone_at(fresh).with_env("GIT_DIR", fresh));
            if filled.is_err() && borrow == Borrow::AsBefore {
                drop(std::fs::remove_dir_all(fresh));
                return self.fill(fresh, Borrow::Nothing);
            }
            filled?;
        }
        let (from, to) = (self.dir.join("allclear"), fresh.join("allclear"));
        std::fs::create_dir_all(&to).map_err(|e| io("making the store", &e))?;
        for name in CARRIED_OVER {
            // What cannot be carried over is looked up again.
            drop(std::fs::copy(from.join(name), to.join(name)));
        }
        Ok(())
    }

    /// Fetches everything by `git clone`: unlike `git fetch` it writes all refs into one file. With 100,000 of them that
    /// takes a tenth of the time, and so does every later fetch.
    fn clone_into(&self, fresh: &Path, borrow: Borrow) -> Result<(), RepoError> {
        let _span = tracing::info_span!("clone", server = shown(&self.url)).entered();
        let parent = fresh.parent().unwrap_or(fresh);
        let name = fresh.file_name().and_then(std::ffi::OsStr::to_str).unwrap_or("store");
        let mut args = words("clone -q --bare --no-local --no-tags --reject-shallow --template=");
        // Branches go where they belong without being told.
        let settings = [FETCHED[1], FETCHED[2]].map(|refs| format!("remote.origin.fetch={refs}"));
        args.extend(settings.iter().flat_map(|setting| ["-c", setting.as_str()]));
        args.extend(["--", &self.url, name]);
        let borrowed = match borrow {
            Borrow::AsBefore => std::fs::read_to_string(self.dir.join(ALTERNATES)).unwrap_or_default(),
            Borrow::Nothing => String::new(),
        };
        let git = self.network.clone_at(parent).with_env("GIT_DIR", fresh);
        let git = git.with_env("GIT_DEFAULT_HASH", self.format.as_str());
        let git = git.with_env("GIT_ALTERNATE_OBJECT_DIRECTORIES", borrowed.trim_end().replace('\n', ":"));
        done("clone", git.run(&args, b"", FETCH_LIMIT).map(|o| (o.code, o.said)).map_err(broken)?)?;
        self.borrow(fresh, borrow)?;
        let store = self.maker.clone_at(fresh).with_env("GIT_DIR", fresh);
        store.ok(&["symbolic-ref", "HEAD", "refs/heads/none"], b"").map_err(broken)?;
        store.ok(&["config", "--remove-section", "remote.origin"], b"").map(drop).map_err(broken)
    }

    fn borrow(&self, fresh: &Path, borrow: Borrow) -> Result<(), RepoError> {
        if borrow == Borrow::Nothing {
            return Ok(());
        }
        let before = std::fs::read(self.dir.join(ALTERNATES)).unwrap_or_default();
        drop(std::fs::create_dir_all(fresh.join("objects/info")));
        drop(std::fs::write(fresh.join(ALTERNATES), before));
        alternates(fresh, self.objects.as_deref()).map(drop)
    }

    /// Makes sure that the store has all commits that the server's refs lead to; for callers that miss an object, and
    /// have to know whether the server has it.
    pub(super) fn check_history(&self) -> Result<(), RepoError> {
        let seen = held(&self.state.seen).refs.clone();
        let refs = seen.map_or_else(|| self.list().map(|(_, refs)| refs.objects), Ok)?;
        self.check_whole(refs.values())
    }

    /// Makes sure that the store has all commits that some objects lead to.
    pub(super) fn check_whole<'a>(
        &self,
        tips: impl IntoIterator<Item = &'a CommitId>,
    ) -> Result<(), RepoError> {
        // The commit-graph has commits also where their objects are lost.
        let git = self.git().clone().with_config("core.commitGraph", "false");
        git.ok(&["rev-list", "--quiet", "--stdin"], id_lines(tips).as_bytes()).map(drop).map_err(broken)
    }

    /// Removes lock files of processes that were killed. Only under the store's own lock.
    pub(super) fn sweep_locks(&self) {
        let mut found = Vec::new();
        for dir in ["", "objects/info", "objects/info/commit-graphs"] {
            list_locks(&self.dir.join(dir), false, &mut found);
        }
        for dir in ["refs/heads", "refs/in", "refs/tags", "refs/repair"] {
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
