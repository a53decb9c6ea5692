//! The making of a private store, and the clones that it borrows objects from.

use super::error::{broken, io};
use crate::process::Git;
use allclear_core::port::RepoError;
use std::fs::File;
use std::path::{Path, PathBuf};

/// The extension of a damaged store that was put aside.
pub(super) const SIBLING: &str = "damaged";

/// Lets the store borrow the objects of every clone it was used from, as long as the clone is there.
pub(super) fn lenders(dir: &Path, own: Option<&Path>) -> Result<String, RepoError> {
    use std::os::unix::fs::MetadataExt;
    let info = dir.join("objects/info");
    let file = info.join("alternates");
    let before = std::fs::read(&file).unwrap_or_default();
    let before = String::from_utf8_lossy(&before);
    let mut paths: Vec<PathBuf> = before.lines().map(PathBuf::from).filter(|p| p.is_dir()).collect();
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

/// Makes an empty store.
pub(crate) fn make(dir: &Path, git: &Git, format: &str) -> Result<(), RepoError> {
    let parent = dir.parent().unwrap_or(dir);
    std::fs::create_dir_all(parent).map_err(|e| io("making the cache directory", &e))?;
    // Made aside and moved into place, so that two makers, threads or processes, never share a half-made store.
    let fresh = aside(dir);
    std::fs::create_dir_all(&fresh).map_err(|e| io("making the store", &e))?;
    git.clone_at(&fresh)
        .ok(
            &["init", "-q", "--bare", "--template=", "-b", "none", &format!("--object-format={format}"), "."],
            b"",
        )
        .map_err(broken)?;
    std::fs::create_dir_all(fresh.join("objects/info")).map_err(|e| io("making the store", &e))?;
    if std::fs::rename(&fresh, dir).is_err() {
        // Somebody else was first; theirs serves.
        drop(std::fs::remove_dir_all(&fresh));
    }
    if is_store(dir) { Ok(()) } else { Err(RepoError::Protocol(format!("{} cannot be made", dir.display()))) }
}

/// Tells whether a directory looks like a store at all.
pub(super) fn is_store(dir: &Path) -> bool {
    let has_text = |name: &str| std::fs::metadata(dir.join(name)).is_ok_and(|m| m.is_file() && m.len() > 0);
    ["HEAD", "config"].into_iter().all(has_text)
        && ["objects", "refs"].into_iter().all(|n| dir.join(n).is_dir())
}

/// Gives a place beside a store for what will take its place.
pub(super) fn aside(dir: &Path) -> PathBuf {
    let mut unique = dir.as_os_str().to_owned();
    unique.push(format!(".{}", fresh_name()));
    PathBuf::from(unique)
}

/// Puts a damaged store aside, in the place of the last one, with what is wrong with it; and clears away what makers
/// have left that were killed. To be called under the store's lock.
pub(super) fn set_aside(dir: &Path, what: &str) -> Result<(), RepoError> {
    let damaged = dir.with_extension(SIBLING);
    drop(std::fs::remove_dir_all(&damaged));
    if dir.exists() {
        std::fs::rename(dir, &damaged).map_err(|e| io("putting the damaged store aside", &e))?;
        drop(std::fs::write(damaged.join("allclear.damaged"), format!("{what}\n")));
    }
    Ok(())
}

/// Opens one of the files that processes lock which share a store. It stands beside the store, which may be put aside.
pub(super) fn lock(dir: &Path, what: &str) -> Result<File, RepoError> {
    let path = dir.with_extension(what);
    let open = || File::create(&path);
    let file = open().or_else(|_| {
        path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
        open()
    });
    file.map_err(|e| io("locking the store", &e))
}

/// Gives what tells one directory from another one of the same name.
pub(super) fn identity(dir: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt;
    dir.metadata().ok().map(|m| (m.dev(), m.ino()))
}

/// Gives a name that nobody else gives.
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
        let left: Vec<_> = std::fs::read_dir(cache.path().join("mirrors")).unwrap().flatten().collect();
        assert_eq!(left.len(), 1, "{left:?}");
    }
}
