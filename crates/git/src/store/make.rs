//! The making of a private store, and the clones that it borrows objects from.

use super::error::{broken, io};
use crate::process::Git;
use allclear_core::port::RepoError;
use std::path::{Path, PathBuf};

/// Lets the store borrow the objects of every clone it was used from, as long as the clone is there.
pub(crate) fn lenders(dir: &Path, own: Option<&Path>) -> Result<String, RepoError> {
    use std::os::unix::fs::MetadataExt;
    let file = dir.join("objects/info/alternates");
    let before = std::fs::read_to_string(&file).unwrap_or_default();
    let mut paths: Vec<PathBuf> = before.lines().map(PathBuf::from).filter(|p| p.is_dir()).collect();
    paths.extend(own.filter(|own| !paths.iter().any(|p| p == own)).map(Path::to_path_buf));
    let after: String = paths.iter().map(|p| format!("{}\n", p.display())).collect();
    if after != before {
        std::fs::write(&file, &after).map_err(|e| io("writing the store's alternates", &e))?;
    }
    let identity = |p: &PathBuf| p.metadata().map(|m| format!("{}:{}", m.dev(), m.ino())).unwrap_or_default();
    Ok(paths.iter().map(identity).collect::<Vec<_>>().join(" "))
}

/// Makes an empty store.
pub(crate) fn make(dir: &Path, git: &Git, format: &str) -> Result<(), RepoError> {
    let parent = dir.parent().unwrap_or(dir);
    std::fs::create_dir_all(parent).map_err(|e| io("making the cache directory", &e))?;
    // Made aside and moved into place, so that two makers, threads or processes, never share a half-made store.
    let mut unique = dir.as_os_str().to_owned();
    unique.push(format!(".{}", fresh_name()));
    let fresh = PathBuf::from(unique);
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
    if dir.join("HEAD").is_file() {
        Ok(())
    } else {
        Err(RepoError::Protocol(format!("{} cannot be made", dir.display())))
    }
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
