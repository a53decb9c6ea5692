//! Reads the folders and files of a tree.

use super::error::PackError;
use std::ffi::OsString;
use std::path::Path;

pub(super) enum Kind {
    Folder,
    Regular(u64),
    Other,
}

/// Lists a folder, unsorted. Links are not followed.
pub(super) fn read_dir(dir: &Path) -> Result<Vec<(OsString, Kind)>, PackError> {
    let fail = |why| PackError::read(dir, why);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let meta = entry.metadata().map_err(fail)?;
        let kind = if meta.is_dir() {
            Kind::Folder
        } else if meta.is_file() {
            Kind::Regular(meta.len())
        } else {
            Kind::Other
        };
        found.push((entry.file_name(), kind));
    }
    Ok(found)
}

pub(super) fn read_file(file: &Path) -> Result<Vec<u8>, PackError> {
    std::fs::read(file).map_err(|why| PackError::read(file, why))
}

pub(super) fn joined(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}
