//! A directory for one attempt, gone with it.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// A temporary directory below the lab's cache.
#[derive(Debug)]
pub(crate) struct Room {
    path: PathBuf,
}

impl Room {
    /// Makes one.
    pub(crate) fn make(cache: &Path) -> std::io::Result<Self> {
        let mut id = [0_u8; 8];
        getrandom::fill(&mut id).map_err(std::io::Error::other)?;
        let id: String = id.iter().map(|b| format!("{b:02x}")).collect();
        let path = cache.join("rooms").join(format!("{}-{id}", std::process::id()));
        std::fs::create_dir_all(&path)?;
        Ok(Self { path })
    }

    /// Clears away what processes that are gone have left.
    pub(crate) fn sweep(cache: &Path) {
        for old in std::fs::read_dir(cache.join("rooms")).into_iter().flatten().flatten() {
            let name = old.file_name();
            let owner = name.to_str().and_then(|n| n.split_once('-')?.0.parse().ok());
            let alive = owner
                .and_then(rustix::process::Pid::from_raw)
                .is_some_and(|pid| rustix::process::test_kill_process(pid).is_ok());
            if !alive {
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

/// Removes a tree, also one with directories that even their owner may not empty.
pub(crate) fn remove(path: &Path) {
    if std::fs::remove_dir_all(path).is_err() {
        open_up(path);
        drop(std::fs::remove_dir_all(path));
    }
}

fn open_up(dir: &Path) {
    drop(std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o700)));
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            open_up(&entry.path());
        }
    }
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
