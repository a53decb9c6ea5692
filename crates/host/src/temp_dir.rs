//! Temporary directories.

use crate::private_dir::private_dir;
use rustix::fs::{FlockOperation, flock};
use std::fs::{DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// A temporary directory, removed when it is dropped. It is locked as long as its process lives, so that others
/// can tell what a killed process has left: caches may be shared by containers, where a process number means
/// nothing.
#[derive(Debug)]
pub struct TempDir {
    path: PathBuf,
    _lock: File,
}

impl TempDir {
    /// Makes one below a directory, which is created if needed, and removes what killed processes have left there.
    pub fn make(parent: &Path) -> io::Result<Self> {
        private_dir(parent)?;
        Self::sweep(parent);
        // Between creation and lock, nobody may take it for a leftover.
        let _no_sweep = lock(parent, FlockOperation::LockShared)?;
        let mut id = [0; 8];
        getrandom::fill(&mut id).map_err(io::Error::other)?;
        let path = parent.join(format!("{:016x}", u64::from_be_bytes(id)));
        DirBuilder::new().mode(0o700).create(&path)?;
        let lock = lock(&path, FlockOperation::NonBlockingLockExclusive)?;
        Ok(Self { path, _lock: lock })
    }

    /// Removes what killed processes have left below a directory. If another process holds the lock, or something
    /// cannot be removed, it is left to the next call.
    fn sweep(parent: &Path) {
        let Ok(no_make) = lock(parent, FlockOperation::NonBlockingLockExclusive) else { return };
        let all = std::fs::read_dir(parent).into_iter().flatten().flatten();
        let leftovers: Vec<Self> = all
            .filter_map(|entry| {
                let lock = lock(&entry.path(), FlockOperation::NonBlockingLockExclusive).ok()?;
                Some(Self { path: entry.path(), _lock: lock })
            })
            .collect();
        drop(no_make);
        drop(leftovers);
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A directory in it, created if needed.
    pub fn dir(&self, name: &str) -> io::Result<PathBuf> {
        let path = self.path.join(name);
        std::fs::create_dir_all(&path)?;
        Ok(path)
    }
}

impl Drop for TempDir {
    fn drop(&mut self) {
        remove_tree(&self.path);
    }
}

fn lock(path: &Path, how: FlockOperation) -> io::Result<File> {
    let lock = File::open(path)?;
    flock(&lock, how)?;
    Ok(lock)
}

/// Removes a tree as far as possible, even with directories that their owner may not write or that are nested
/// deeper than any path is long: foreign code may leave both. For that, each folder is moved to the top before
/// it is emptied.
pub fn remove_tree(path: &Path) {
    let own = |dir: &Path| drop(std::fs::set_permissions(dir, Permissions::from_mode(0o700)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_gone_with_its_owner_and_not_before() {
        let parent = tempfile::tempdir().unwrap();
        let left = parent.path().join("left");
        std::fs::create_dir_all(left.join("closed")).unwrap();
        std::fs::write(left.join("closed/file"), "").unwrap();
        std::fs::set_permissions(left.join("closed"), Permissions::from_mode(0o500)).unwrap();
        let one = TempDir::make(parent.path()).unwrap();
        let two = TempDir::make(parent.path()).unwrap();
        assert!(!left.exists() && one.path().is_dir() && two.path().is_dir());
        drop((one, two));
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn sweeping_takes_nothing_from_who_is_just_making_one() {
        let parent = tempfile::tempdir().unwrap();
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..50 {
                        let dir = TempDir::make(parent.path()).unwrap();
                        std::fs::write(dir.path().join("file"), "").unwrap();
                    }
                });
            }
        });
        assert_eq!(std::fs::read_dir(parent.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_too_deep_or_closed_is_removed_and_nothing_beside_it() {
        let around = tempfile::tempdir().unwrap();
        let (parent, beside) = (around.path().join("parent"), around.path().join("beside"));
        std::fs::write(&beside, "").unwrap();
        let made = TempDir::make(&parent).unwrap();
        let (deep, next) = (made.path().join("d"), around.path().join("next"));
        std::fs::create_dir(&deep).unwrap();
        std::fs::write(deep.join("file"), "").unwrap();
        for _ in 0..2200 {
            std::fs::create_dir(&next).unwrap();
            std::fs::rename(&deep, next.join("d")).unwrap();
            std::fs::rename(&next, &deep).unwrap();
        }
        let closed = made.dir(".1/closed/in").unwrap();
        std::fs::set_permissions(closed.parent().unwrap(), Permissions::from_mode(0o500)).unwrap();
        std::os::unix::fs::symlink(&beside, made.path().join("link")).unwrap();
        std::os::unix::fs::symlink(around.path(), made.path().join("up")).unwrap();
        TempDir::sweep(&parent);
        assert!(made.path().join("link").is_symlink(), "somebody has it");
        let path = made.path().to_path_buf();
        drop(made);
        assert!(beside.is_file() && !path.exists());
    }
}
