//! How much of the disk a directory uses, and whether the disk is full.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// When less is free, in bytes, the disk counts as full and programs are ended.
const MIN_FREE: u64 = 64 << 20;

/// What a file counts in addition to its content, in bytes: a disk has only so many inodes.
const INODE_SIZE: u64 = 512;

/// Counts the bytes on disk below some directories, and hard links once. What cannot be read or disappears
/// counts nothing. `None` if something is deeper than the longest possible path.
pub(super) fn usage<'a>(dirs: impl IntoIterator<Item = &'a Path>) -> Option<u64> {
    let mut sum = 0;
    let mut seen = BTreeSet::new();
    let mut left: Vec<PathBuf> = dirs.into_iter().map(Path::to_path_buf).collect();
    while let Some(path) = left.pop() {
        let meta = match path.symlink_metadata() {
            Ok(meta) => meta,
            Err(error) if error.kind() == ErrorKind::InvalidFilename => return None,
            Err(_) => continue,
        };
        if meta.is_dir() {
            let entries = fs::read_dir(&path).into_iter().flatten().flatten();
            left.extend(entries.map(|entry| entry.path()));
        } else if meta.nlink() > 1 && !seen.insert((meta.dev(), meta.ino())) {
            continue;
        }
        sum += meta.blocks() * 512 + INODE_SIZE;
    }
    Some(sum)
}

/// A small disk is full when less than 1/64 is free, a big one when less than 64 MiB are.
pub(super) fn is_full(dir: &Path) -> bool {
    rustix::fs::statvfs(dir).is_ok_and(|stat| {
        let (left, all) = (stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize);
        all > 0 && left < MIN_FREE.min(all / 64)
    })
}
