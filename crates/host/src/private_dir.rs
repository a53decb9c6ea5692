//! Directories that nobody else may read or write.

use rustix::process::geteuid;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::Path;

/// Makes a directory that only this user may enter, with those above it, or closes one that is there.
///
/// # Errors
///
/// `PermissionDenied` where it belongs to somebody else, or others may write to it: they may have put anything there.
pub fn private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    let found = path.metadata()?;
    let refuse = |why: String| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    if found.uid() != geteuid().as_raw() {
        return refuse(format!("it belongs to another user (uid {})", found.uid()));
    }
    match found.mode() & 0o077 {
        0 => Ok(()),
        others if others & 0o022 == 0 => std::fs::set_permissions(path, Permissions::from_mode(0o700)),
        _ => refuse("other users may write to it".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(path: &Path, mode: u32) {
        std::fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }

    fn mode(path: &Path) -> u32 {
        path.metadata().unwrap().mode() & 0o777
    }

    #[test]
    fn it_is_made_and_kept_for_its_owner() {
        let around = tempfile::tempdir().unwrap();
        let (above, dir) = (around.path().join("above"), around.path().join("above/dir"));
        private_dir(&dir).unwrap();
        assert_eq!((mode(&above), mode(&dir)), (0o700, 0o700));
        set(&dir, 0o755);
        private_dir(&dir).unwrap();
        assert_eq!(mode(&dir), 0o700);
    }

    #[test]
    fn where_others_may_write_it_is_not_used() {
        let around = tempfile::tempdir().unwrap();
        for open in [0o770, 0o707, 0o720, 0o1777] {
            set(around.path(), open);
            let refused = private_dir(around.path()).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied, "{open:o}");
        }
        // Nobody but root can make a directory somebody else's, but everybody has seen one of root's.
        if geteuid().is_root() {
            set(around.path(), 0o700);
            std::os::unix::fs::chown(around.path(), Some(12345), None).unwrap();
            assert!(private_dir(around.path()).unwrap_err().to_string().contains("uid 12345"));
        } else {
            assert!(private_dir(Path::new("/")).unwrap_err().to_string().contains("uid 0"));
        }
    }
}
