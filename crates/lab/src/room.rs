//! A directory for one attempt, gone with it.

use allclear_core::types::text::hex;
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A temporary directory below the lab's cache. It is locked as long as its process lives: a cache may be shared by
/// containers, where a number of a process says nothing.
#[derive(Debug)]
pub(crate) struct Room {
    path: PathBuf,
    _lock: File,
}

impl Room {
    /// Makes one.
    pub(crate) fn make(cache: &Path) -> std::io::Result<Self> {
        let mut id = [0_u8; 8];
        getrandom::fill(&mut id).map_err(std::io::Error::other)?;
        let id = hex(&id);
        let path = cache.join("rooms").join(id);
        std::fs::create_dir_all(&path)?;
        // Somebody may clear it away in this very moment.
        locked(&path)
            .map(|lock| Self { path, _lock: lock })
            .ok_or_else(|| std::io::Error::other("the room is gone"))
    }

    /// Clears away what processes that are gone have left.
    pub(crate) fn sweep(cache: &Path) {
        for old in std::fs::read_dir(cache.join("rooms")).into_iter().flatten().flatten() {
            if let Some(_lock) = locked(&old.path()) {
                remove(&old.path());
            }
        }
    }

    /// Gives the path of a directory in it, made where it is not there.
    pub(crate) fn dir(&self, name: &str) -> std::io::Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }

    /// Gives its path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        remove(&self.path);
    }
}

/// Locks a directory that is there and that nobody has.
fn locked(path: &Path) -> Option<File> {
    let lock = File::open(path).ok()?;
    flock(&lock, FlockOperation::NonBlockingLockExclusive).ok()?;
    path.is_dir().then_some(lock)
}

/// Removes a tree, also one with directories that even their owner may not empty, or deeper than any path is long:
/// what foreign code left may be both. So each folder is moved to the top before it is emptied.
pub(crate) fn remove(path: &Path) {
    let own = |dir: &Path| drop(std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)));
    let mut left = vec![path.to_path_buf()];
    let mut names =
        (0_u64..).map(|n| path.join(format!(".{n}"))).filter(|free| free.symlink_metadata().is_err());
    while let Some(dir) = left.pop() {
        own(&dir);
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(&dir).into_iter().flatten().flatten() {
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                folders.push(entry.path());
            } else {
                drop(std::fs::remove_file(entry.path()));
            }
        }
        for (folder, top) in folders.iter().zip(&mut names) {
            own(folder);
            if std::fs::rename(folder, &top).is_ok() {
                left.push(top);
            }
        }
        if dir != path {
            drop(std::fs::remove_dir(&dir));
        }
    }
    drop(std::fs::remove_dir(path));
}

/// Copies a tree with its links and modes. What it makes is the owner's to write.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    walk(from, to, &|from, to| std::fs::copy(from, to).map(drop))
}

/// Makes a tree of hard links: for files that nobody ever changes in place.
pub(crate) fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    walk(from, to, &|from, to| std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(drop)))
}

fn walk(from: &Path, to: &Path, file: &dyn Fn(&Path, &Path) -> std::io::Result<()>) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, place) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            walk(&entry.path(), &place, file)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, &place)?;
        } else if kind.is_file() {
            file(&entry.path(), &place)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_deep_or_closed_is_removed_and_nothing_beside_it() {
        let cache = tempfile::tempdir().unwrap();
        let beside = cache.path().join("beside");
        std::fs::write(&beside, "").unwrap();
        let room = Room::make(cache.path()).unwrap();
        let (deep, next) = (room.path().join("d"), cache.path().join("next"));
        std::fs::create_dir(&deep).unwrap();
        std::fs::write(deep.join("file"), "").unwrap();
        for _ in 0..3000 {
            std::fs::create_dir(&next).unwrap();
            std::fs::rename(&deep, next.join("d")).unwrap();
            std::fs::rename(&next, &deep).unwrap();
        }
        std::fs::create_dir_all(room.path().join(".1/closed/in")).unwrap();
        std::fs::set_permissions(room.path().join(".1/closed"), std::fs::Permissions::from_mode(0o500))
            .unwrap();
        std::os::unix::fs::symlink(&beside, room.path().join("link")).unwrap();
        std::os::unix::fs::symlink(cache.path(), room.path().join("up")).unwrap();
        Room::sweep(cache.path());
        assert!(room.path().join("link").is_symlink(), "somebody is in it");
        let path = room.path().to_path_buf();
        drop(room);
        assert!(beside.is_file() && !path.exists());
    }

    #[test]
    fn what_a_lab_that_is_gone_has_left_is_cleared_away() {
        let cache = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(cache.path().join("rooms/left/out")).unwrap();
        Room::sweep(cache.path());
        assert!(!cache.path().join("rooms/left").exists());
    }
}
