//! Files of the work tree: read, and written aside first.

use crate::context::Context;
use allclear_core::types::text::plain;
use allclear_engine::{Fault, FaultKind};
use std::io::Write;
use std::path::{Component, Path, PathBuf};

/// Gives the top of the work tree.
pub(super) fn top(context: &Context) -> Result<&Path, Fault> {
    context.clone.work_tree.as_deref().ok_or_else(|| {
        Fault::new(FaultKind::Usage, "a bare repository has no work tree to write into")
            .truth("nothing was changed")
            .hint("without --yes it is printed; or add --print")
    })
}

/// Gives the path of a file below `top`, with no link on the way that could lead out of it.
pub(super) fn within(top: &Path, file: &str) -> Result<PathBuf, Fault> {
    let mut path = top.to_path_buf();
    for part in Path::new(file).components() {
        let Component::Normal(part) = part else {
            return Err(in_the_way(file, "is not a path within the clone"));
        };
        path.push(part);
        if path.symlink_metadata().is_ok_and(|m| m.is_symlink()) {
            return Err(in_the_way(file, "is a symbolic link, or lies behind one"));
        }
    }
    Ok(path)
}

/// Reads a file; `None` where it does not exist.
pub(super) fn read(path: &Path, file: &str) -> Result<Option<Vec<u8>>, Fault> {
    match path.symlink_metadata() {
        Err(_) => Ok(None),
        Ok(meta) if !meta.is_file() => Err(in_the_way(file, "is not a file")),
        Ok(_) => std::fs::read(path).map(Some).map_err(|e| in_the_way(file, &format!("cannot be read: {e}"))),
    }
}

/// Writes a file aside and moves it into place, so that nobody ever finds half of it.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let dir = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(dir)?;
    let mut fresh = tempfile::NamedTempFile::new_in(dir)?;
    fresh.write_all(text.as_bytes())?;
    let permissions = match path.metadata() {
        Ok(meta) => meta.permissions(),
        Err(_) => <std::fs::Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o644),
    };
    fresh.as_file().set_permissions(permissions)?;
    fresh.persist(path).map(drop).map_err(|e| e.error)
}

pub(super) fn in_the_way(file: &str, why: &str) -> Fault {
    Fault::new(FaultKind::Usage, format!("{} {why}", plain(file))).truth("nothing was changed")
}
