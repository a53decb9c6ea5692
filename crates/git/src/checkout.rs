//! Writes the files of a commit into a directory.
//!
//! They come straight from the objects, without an index or a work tree of git's, so no attribute, filter, line
//! ending or `export-subst` changes them. LFS files stay pointers, and submodules are empty directories.

use crate::process::{Failure, Git};
use allclear_core::CommitId;
use allclear_core::port::RepoError;
use allclear_host::process::write_to_run;
use std::io::{BufRead, Read};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(10);

/// How many files a commit may have that is checked out, how long all their names may be, and how large they may be
/// together, in bytes: a few kilobytes of git can stand for more than any disk has.
const FILES: usize = 1_000_000;
const NAMES: u64 = 256 << 20;
const BYTES: u64 = 16 << 30;

struct Entry {
    mode: String,
    id: String,
    path: PathBuf,
}

pub(crate) fn cannot(what: &str, e: &std::io::Error) -> RepoError {
    RepoError::Unavailable(format!("{what} for a step failed: {e}"))
}

pub(crate) fn check_out(repo: &Git, commit: &CommitId, dir: &Path) -> Result<(), RepoError> {
    let git = |e: Failure| RepoError::Protocol(e.to_string());
    let entries = entries(repo, commit).map_err(git)?;
    let blobs: Vec<&Entry> = entries.iter().filter(|e| e.mode != "160000").collect();
    let ask: String = blobs.iter().map(|e| format!("{}\n", e.id)).collect();
    let mut links: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    let mut left = BYTES;
    let mut write = |out: &mut dyn BufRead| -> std::io::Result<()> {
        for entry in &blobs {
            let mut header = String::new();
            out.read_line(&mut header)?;
            let size: u64 = header
                .trim_end()
                .rsplit_once(' ')
                .filter(|(rest, _)| rest.ends_with(" blob"))
                .and_then(|(_, size)| size.parse().ok())
                .ok_or_else(|| std::io::Error::other(format!("no blob {}", entry.id)))?;
            left = left.checked_sub(size).ok_or_else(|| too_much("16 GiB"))?;
            let to = dir.join(&entry.path);
            if let Some(parent) = to.parent() {
                std::fs::create_dir_all(parent)?;
            }
            let mut content = out.take(size);
            if entry.mode == "120000" {
                let mut target = Vec::new();
                content.read_to_end(&mut target)?;
                links.push((to, target));
            } else {
                let mode = if entry.mode == "100755" { 0o755 } else { 0o644 };
                write_to_run(|| {
                    let mut options = std::fs::OpenOptions::new();
                    let mut file = options.write(true).create_new(true).mode(mode).open(&to)?;
                    std::io::copy(&mut content, &mut file)
                })?;
            }
            out.read_exact(&mut [0])?;
        }
        Ok(())
    };
    let args = ["cat-file", "--batch", "--buffer"];
    repo.stream(&args, ask.as_bytes(), LIMIT, &mut write).map_err(git)?;
    // Last, so that no file is ever written through a link.
    for (at, target) in links {
        let target = std::ffi::OsStr::from_bytes(&target);
        std::os::unix::fs::symlink(target, at).map_err(|e| cannot("writing a link", &e))?;
    }
    for module in entries.iter().filter(|e| e.mode == "160000") {
        std::fs::create_dir_all(dir.join(&module.path)).map_err(|e| cannot("making a directory", &e))?;
    }
    Ok(())
}

fn entries(repo: &Git, commit: &CommitId) -> Result<Vec<Entry>, Failure> {
    let tree = format!("{commit}^{{tree}}");
    let mut entries = Vec::new();
    let mut read = |out: &mut dyn BufRead| -> std::io::Result<()> {
        let mut out = out.take(NAMES);
        let mut line = Vec::new();
        while out.read_until(0, &mut line)? > 0 {
            if entries.len() == FILES || line.pop() != Some(0) {
                return Err(too_much("a million files"));
            }
            let known =
                entry(&line).ok_or_else(|| std::io::Error::other("a path that cannot be laid out"))?;
            entries.push(known);
            line.clear();
        }
        Ok(())
    };
    let (code, said) = repo.stream(&["ls-tree", "-r", "-z", "--full-tree", &tree], b"", LIMIT, &mut read)?;
    if code == Some(0) { Ok(entries) } else { Err(Failure::Failed { verb: "ls-tree".into(), said }) }
}

fn too_much(what: &str) -> std::io::Error {
    std::io::Error::other(format!("the commit has more than {what}, which is not laid out"))
}

/// Reads a line of `ls-tree`; `None` for a path that leads out of its directory, or into a `.git`.
fn entry(line: &[u8]) -> Option<Entry> {
    let tab = line.iter().position(|&b| b == b'\t')?;
    let head = std::str::from_utf8(&line[..tab]).ok()?;
    let mut words = head.split(' ');
    let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
    let path = &line[tab + 1..];
    let bad = |part: &[u8]| matches!(part, b"" | b"." | b"..") || part.eq_ignore_ascii_case(b".git");
    if path.split(|&b| b == b'/').any(bad) {
        return None;
    }
    Some(Entry {
        mode: mode.to_owned(),
        id: id.to_owned(),
        path: PathBuf::from(std::ffi::OsStr::from_bytes(path)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_path_leads_out() {
        let id = "0".repeat(40);
        let good = |path: &str| entry(format!("100644 blob {id}\t{path}").as_bytes()).is_some();
        assert!(good("a/b.txt") && good("...") && good("a/.gitignore"));
        for bad in ["../a", "a/../../b", "/etc/passwd", "a//b", ".git/config", "a/.GIT/hooks/x", "./a"] {
            assert!(!good(bad), "{bad}");
        }
    }
}
