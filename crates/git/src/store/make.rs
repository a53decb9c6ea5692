//! Makes private stores, and lets them borrow the objects of clones.

use super::error::{broken, io};
use crate::process::Git;
use allclear_core::port::RepoError;
use allclear_host::TempDir;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The extension of a damaged store that was set aside.
pub(super) const SIBLING: &str = "damaged";

/// Where a repository names those that it borrows objects from.
pub(super) const ALTERNATES: &str = "objects/info/alternates";

/// Lets the store borrow the objects of every clone that it was used from, as long as that has them all. Gives the
/// identities of their object directories.
pub(super) fn alternates(dir: &Path, own: Option<&Path>) -> Result<String, RepoError> {
    use std::os::unix::fs::MetadataExt;
    let info = dir.join("objects/info");
    let file = dir.join(ALTERNATES);
    let before = std::fs::read(&file).unwrap_or_default();
    let before = String::from_utf8_lossy(&before);
    let mut paths: Vec<PathBuf> = before.lines().map(PathBuf::from).filter(|p| is_complete(p)).collect();
    paths.extend(own.filter(|own| !paths.iter().any(|p| p == own)).map(Path::to_path_buf));
    let after: String = paths.iter().map(|p| format!("{}\n", p.display())).collect();
    if after != before {
        // Written aside, so that nobody reads half of it.
        let fresh = info.join(format!("alternates.{}", fresh_name()));
        std::fs::create_dir_all(&info)
            .and_then(|()| std::fs::write(&fresh, &after))
            .and_then(|()| std::fs::rename(&fresh, &file))
            .map_err(|e| io("writing the store's alternates", &e))?;
    }
    let identity = |p: &PathBuf| p.metadata().map(|m| format!("{}:{}", m.dev(), m.ino())).unwrap_or_default();
    Ok(paths.iter().map(identity).collect::<Vec<_>>().join(" "))
}

/// Whether a repository with this directory of objects has what its refs lead to: it may have become shallow or partial
/// since it first lent them.
fn is_complete(objects: &Path) -> bool {
    let packs = std::fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
    let is_promisor = |path: PathBuf| path.extension().is_some_and(|end| end == "promisor");
    objects.is_dir()
        && !objects.with_file_name("shallow").exists()
        && !packs.into_iter().any(|entry| is_promisor(entry.path()))
}

pub(crate) fn make(dir: &Path, git: &Git, format: &str) -> Result<(), RepoError> {
    // Made aside and moved into place, so that nobody sees a half-made store.
    let temp = TempDir::make(&scratch(dir)).map_err(|e| io("making the store", &e))?;
    let fresh = temp.path().join("store");
    init(&fresh, git, format)?;
    // If it fails, another process was first, and its store is used.
    let _other_serves = std::fs::rename(&fresh, dir);
    if is_store(dir) { Ok(()) } else { Err(RepoError::Protocol(format!("{} cannot be made", dir.display()))) }
}

/// Runs `git init` in a directory that nobody else uses.
pub(super) fn init(dir: &Path, git: &Git, format: &str) -> Result<(), RepoError> {
    std::fs::create_dir_all(dir).map_err(|e| io("making the store", &e))?;
    let format = format!("--object-format={format}");
    let args = ["init", "-q", "--bare", "--template=", "-b", "none", &format, "."];
    git.clone_at(dir).ok(&args, b"").map_err(broken)?;
    std::fs::create_dir_all(dir.join("objects/info")).map_err(|e| io("making the store", &e))
}

pub(super) fn is_store(dir: &Path) -> bool {
    let has_text = |name: &str| std::fs::metadata(dir.join(name)).is_ok_and(|m| m.is_file() && m.len() > 0);
    ["HEAD", "config"].into_iter().all(has_text)
        && ["objects", "refs"].into_iter().all(|n| dir.join(n).is_dir())
}

/// The directory for temporary directories of a store. It stands beside the store, which may be replaced.
pub(super) fn scratch(dir: &Path) -> PathBuf {
    dir.with_extension("scratch")
}

/// Sets a damaged store aside, in place of the last one, with a note on what is wrong with it. Only under the
/// store's lock.
pub(super) fn set_aside(dir: &Path, what: &str) -> Result<(), RepoError> {
    let damaged = dir.with_extension(SIBLING);
    drop(std::fs::remove_dir_all(&damaged));
    if dir.exists() {
        std::fs::rename(dir, &damaged).map_err(|e| io("putting the damaged store aside", &e))?;
        drop(std::fs::write(damaged.join("allclear.damaged"), format!("{what}\n")));
    }
    Ok(())
}

/// Opens a file that processes lock which share a store. It stands beside the store, which may be replaced.
pub(super) fn lock(dir: &Path, what: &str) -> Result<File, RepoError> {
    let path = dir.with_extension(what);
    let open = || File::create(&path);
    let file = open().or_else(|_| {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        open()
    });
    file.map_err(|e| io("locking the store", &e))
}

/// Tells a directory from another one of the same name: device and inode.
pub(super) fn identity(dir: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    dir.metadata().ok().map(|m| (m.dev(), m.ino()))
}

/// A name that is used only once.
pub(crate) fn fresh_name() -> String {
    use allclear_core::port::Clock;
    crate::SystemClock.fresh_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_make_one_store() {
        let cache = tempfile::tempdir().unwrap();
        let dir = cache.path().join("mirrors/one");
        let git = Git::new(&dir, &[]);
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..8).map(|_| scope.spawn(|| make(&dir, &git, "sha1"))).collect();
            for maker in makers {
                maker.join().unwrap().unwrap();
            }
        });
        let left: Vec<_> = std::fs::read_dir(scratch(&dir)).unwrap().collect();
        assert!(is_store(&dir) && left.is_empty(), "{left:?}");
    }
}
