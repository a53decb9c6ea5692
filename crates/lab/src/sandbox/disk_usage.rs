//! How much of the disk a directory uses, and whether the disk is full.

use std::collections::BTreeSet;
use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// How much free space is left to the machine when a program is ended for a full disk, in bytes.
const RESERVE: u64 = 64 << 20;

/// What a file counts beside its content, in bytes: a disk has only so many inodes.
const INODE: u64 = 512;

/// Counts the bytes on disk below some directories, a file with many names once. What cannot be read, or disappears
/// meanwhile, counts nothing. `None` where something lies deeper than the longest possible path, and cannot be counted.
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
        sum += meta.blocks() * 512 + INODE;
    }
    Some(sum)
}

/// Tells whether the file system of a directory is as good as full: less than a 64th of a small one is free, or less than 64 MiB of a big one.
pub(super) fn is_full(dir: &Path) -> bool {
    rustix::fs::statvfs(dir).is_ok_and(|stat| {
        let (left, all) = (stat.f_bavail * stat.f_frsize, stat.f_blocks * stat.f_frsize);
        all > 0 && left < RESERVE.min(all / 64)
    })
}
