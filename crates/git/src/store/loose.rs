//! Writes small things into the store without a process each: loose objects, and the refs that a push
//! sends from. Both have been files of one form since git began. Git reads them like its own, and the
//! server computes every id anew from what arrives, so that a wrong one could not be published.

use allclear_core::CommitId;
use allclear_core::text::hex;
use sha1::{Digest, Sha1};
use std::fs;
use std::io;
use std::path::Path;

/// Tells whether a repository is of the first format: SHA-1, and refs in files. Every other one names
/// an extension in its configuration, and is left to git.
pub(crate) fn is_plain(repository: &Path) -> bool {
    let config = fs::read_to_string(repository.join("config")).unwrap_or_default();
    config.contains("[core]") && !config.to_ascii_lowercase().contains("extensions")
}

/// Writes an object, and gives its id. One that is there already is written again: that makes it young,
/// and git's collector leaves the young alone.
pub(crate) fn object(repository: &Path, kind: &str, bytes: &[u8], unique: &str) -> io::Result<CommitId> {
    let mut text = format!("{kind} {}\0", bytes.len()).into_bytes();
    text.extend_from_slice(bytes);
    let id = hex(&Sha1::digest(&text));
    let objects = repository.join("objects");
    let dir = objects.join(&id[..2]);
    fs::create_dir_all(&dir)?;
    // What is left of a writer that was killed has a name that git's collector knows.
    let fresh = objects.join(format!("tmp_obj_{unique}"));
    let written = fs::write(&fresh, stored(&text)).and_then(|()| fs::rename(&fresh, dir.join(&id[2..])));
    if written.is_err() {
        drop(fs::remove_file(&fresh));
    }
    written?;
    CommitId::parse(&id).map_err(io::Error::other)
}

/// Gives the bytes of a tree of plain files. The names have to be sorted, and single ones.
pub(crate) fn tree<'a>(files: impl IntoIterator<Item = (&'a String, CommitId)>) -> Vec<u8> {
    let mut tree = Vec::new();
    for (name, id) in files {
        tree.extend_from_slice(format!("100644 {name}\0").as_bytes());
        tree.extend(
            id.as_str()
                .as_bytes()
                .chunks(2)
                .filter_map(|pair| u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()),
        );
    }
    tree
}

/// Makes refs that nobody else knows of.
pub(crate) fn refs<'a>(
    repository: &Path,
    refs: impl IntoIterator<Item = (String, &'a CommitId)>,
) -> io::Result<()> {
    for (name, id) in refs {
        let file = repository.join(name);
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, format!("{id}\n"))?;
    }
    Ok(())
}

/// Tells whether a full ref name can be a path as it stands.
pub(crate) fn is_path(name: &str) -> bool {
    name.split('/').all(|part| {
        !part.is_empty() && !part.starts_with('.') && !part.to_ascii_lowercase().ends_with(".lock")
    })
}

/// Wraps bytes in zlib's form (RFC 1950) without compressing them (RFC 1951, 3.2.4): they are small, and
/// git compresses them when it packs them.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x78, 0x01];
    let mut blocks = bytes.chunks(0xffff).peekable();
    while let Some(block) = blocks.next() {
        let length = block.len() as u16;
        out.push(u8::from(blocks.peek().is_none()));
        out.extend_from_slice(&length.to_le_bytes());
        out.extend_from_slice(&(!length).to_le_bytes());
        out.extend_from_slice(block);
    }
    let (mut low, mut high) = (1u32, 0u32);
    for byte in bytes {
        low = (low + u32::from(*byte)) % 65_521;
        high = (high + low) % 65_521;
    }
    out.extend_from_slice(&(high << 16 | low).to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Git;

    #[test]
    fn git_reads_what_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let path = std::env::split_paths("/usr/local/bin:/usr/bin:/bin")
            .map(std::path::PathBuf::into_os_string)
            .collect::<Vec<_>>()
            .join(std::ffi::OsStr::new(":"));
        let git = Git::new(dir.path(), &[("PATH".into(), path)]);
        git.ok(&["init", "-q", "--bare", "--object-format=sha1", "."], b"").unwrap();
        assert!(is_plain(dir.path()));
        // Nothing, something, and more than one block.
        for (n, bytes) in [
            Vec::new(),
            b"hello\n".to_vec(),
            (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect(),
        ]
        .into_iter()
        .enumerate()
        {
            let id = object(dir.path(), "blob", &bytes, &n.to_string()).unwrap();
            assert_eq!(git.ok(&["cat-file", "blob", id.as_str()], b"").unwrap(), bytes);
            assert_eq!(git.line(&["hash-object", "-t", "blob", "--stdin"], &bytes).unwrap(), id.as_str());
            let name = "entry.json".to_owned();
            let made = object(dir.path(), "tree", &tree([(&name, id.clone())]), "t").unwrap();
            assert_eq!(
                git.line(&["ls-tree", made.as_str()], b"").unwrap(),
                format!("100644 blob {id}\tentry.json")
            );
        }
        git.ok(&["fsck", "--strict"], b"").unwrap();
    }

    #[test]
    fn names_that_lead_elsewhere_are_no_paths() {
        for bad in ["refs/heads/../../x", "refs/heads/.x", "refs//x", "refs/heads/x.lock", "refs/heads/"] {
            assert!(!is_path(bad), "{bad}");
        }
        assert!(is_path("refs/heads/release-1.0.0"));
    }
}
