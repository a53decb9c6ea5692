//! Writes objects and refs with few git processes: each is started when it is first needed, and stays as long
//! as the writer.

use crate::batch::Batch;
use crate::process::{Failure, Git, memory};
use allclear_core::CommitId;
use allclear_core::types::text::hex;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::fs::File;
use std::io::BufRead;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Blob,
    /// Like all that repeats what others made, not checked strictly: old histories have harmless flaws.
    Tree,
    Commit,
    /// A commit that repeats another one, with its author and date as they are.
    OldCommit,
    Tag,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Blob => "blob",
            Self::Tree => "tree",
            Self::Commit | Self::OldCommit => "commit",
            Self::Tag => "tag",
        }
    }

    fn args(self) -> &'static [&'static str] {
        macro_rules! args {
            ($($arg:literal),*) => { &["hash-object", "-w", "--no-filters", "--stdin-paths", $($arg),*] };
        }
        match self {
            Self::Blob => args!("-t", "blob"),
            Self::Commit => args!("-t", "commit"),
            Self::Tag => args!("-t", "tag"),
            Self::Tree => args!("-t", "tree", "--literally"),
            Self::OldCommit => args!("-t", "commit", "--literally"),
        }
    }
}

const REFS: &[&str] = &["update-ref", "--stdin"];

/// So many objects of a kind are written before anybody waits for them.
const UNSETTLED: usize = 100;

#[derive(Debug)]
pub(crate) struct Writer {
    git: Git,
    /// How objects are named: `sha1` or `sha256`.
    format: String,
    objects: BTreeMap<Kind, HashObject>,
    refs: Option<Batch>,
    /// Why an object was not written that somebody has the id of.
    failed: Option<Failure>,
}

#[derive(Debug)]
struct HashObject {
    batch: Batch,
    /// What git was asked to write and did not say yet that it wrote, with the files that it reads them from.
    unsettled: Vec<(CommitId, File)>,
}

impl Writer {
    pub(crate) fn new(git: Git, format: String) -> Self {
        Self { git, format, objects: BTreeMap::new(), refs: None, failed: None }
    }

    /// Starts what writes some kinds of objects, trees and refs: it takes longer to start than to write.
    pub(crate) fn start(&mut self, kinds: &[Kind]) -> Result<(), Failure> {
        for kind in kinds {
            self.started(*kind)?;
        }
        if self.refs.is_none() {
            self.refs = Some(Batch::start(&self.git, REFS)?);
        }
        Ok(())
    }

    fn started(&mut self, kind: Kind) -> Result<&mut HashObject, Failure> {
        Ok(match self.objects.entry(kind) {
            Entry::Occupied(objects) => objects.into_mut(),
            Entry::Vacant(place) => {
                let batch = Batch::start(&self.git, kind.args())?;
                place.insert(HashObject { batch, unsettled: Vec::new() })
            }
        })
    }

    /// Writes an object. Its id follows from its content, so that nobody has to wait for git: whoever needs the object
    /// itself calls [`Self::settle`] first.
    pub(crate) fn object(&mut self, kind: Kind, bytes: &[u8]) -> Result<CommitId, Failure> {
        let odd = |what: String| Failure::Odd { verb: "hash-object".into(), what };
        if self.objects.get(&kind).is_some_and(|objects| objects.unsettled.len() >= UNSETTLED) {
            self.settle();
        }
        self.take_failure()?;
        let id = id_of(&self.format, kind.name(), bytes).map_err(odd)?;
        let file = memory("object").and_then(|file| file.write_all_at(bytes, 0).map(|()| file));
        let file = file.map_err(|e| odd(e.to_string()))?;
        let path = format!("/proc/{}/fd/{}\n", std::process::id(), file.as_raw_fd());
        let objects = self.started(kind)?;
        objects.unsettled.push((id.clone(), file));
        if let Err(failure) = objects.batch.send(path.as_bytes()) {
            self.objects.remove(&kind);
            return Err(failure);
        }
        Ok(id)
    }

    /// Waits until all objects are written. What is not makes whatever is written next fail.
    pub(crate) fn settle(&mut self) {
        self.objects.retain(|_, objects| match objects.settle() {
            Ok(()) => true,
            Err(failure) => {
                self.failed.get_or_insert(failure);
                false
            }
        });
    }

    /// Fails, once, where an object was not written.
    pub(crate) fn take_failure(&mut self) -> Result<(), Failure> {
        self.failed.take().map_or(Ok(()), Err)
    }

    /// Lets all processes exit, without waiting for that.
    pub(crate) fn close(&mut self) {
        let objects = self.objects.values_mut().map(|objects| &mut objects.batch);
        objects.chain(&mut self.refs).for_each(Batch::close);
    }

    /// Applies changes `create NAME ID` and `delete NAME` to refs, all or none. What they name has to be settled.
    pub(crate) fn refs(&mut self, changes: &[String]) -> Result<(), Failure> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut batch = match self.refs.take() {
            Some(batch) => batch,
            None => Batch::start(&self.git, REFS)?,
        };
        let changes: String = changes.iter().map(|change| format!("{change}\n")).collect();
        let answer =
            |out: &mut dyn BufRead| (0..2).try_for_each(|_| out.read_line(&mut String::new()).map(drop));
        batch.ask(format!("start\n{changes}commit\n").as_bytes(), answer)?;
        self.refs = Some(batch);
        Ok(())
    }
}

impl HashObject {
    fn settle(&mut self) -> Result<(), Failure> {
        let unsettled = std::mem::take(&mut self.unsettled);
        if unsettled.is_empty() {
            return Ok(());
        }
        let mut written = String::new();
        self.batch.read(|out| unsettled.iter().try_for_each(|_| out.read_line(&mut written).map(drop)))?;
        let ids = unsettled.iter().map(|(id, _)| id.as_str());
        if written.lines().eq(ids) {
            return Ok(());
        }
        Err(Failure::Odd { verb: "hash-object".into(), what: "another id than its content has".into() })
    }
}

/// Names an object by its content, as git does.
pub(crate) fn id_of(format: &str, kind: &str, bytes: &[u8]) -> Result<CommitId, String> {
    let header = format!("{kind} {}\0", bytes.len());
    let id = match format {
        "sha256" => hex(&Sha256::new().chain_update(header).chain_update(bytes).finalize()),
        _ => hex(&Sha1::new().chain_update(header).chain_update(bytes).finalize()),
    };
    CommitId::parse(&id).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(format: &str) -> (tempfile::TempDir, Git) {
        let dir = tempfile::tempdir().unwrap();
        let git = Git::new(dir.path(), &[("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())]);
        git.ok(&["init", "-q", "--bare", &format!("--object-format={format}"), "."], b"").unwrap();
        (dir, git)
    }

    #[test]
    fn what_is_written_is_what_git_writes_alone() {
        for format in ["sha1", "sha256"] {
            let (_dir, git) = repository(format);
            let mut writer = Writer::new(git.clone(), format.into());
            let alone =
                |kind: &str, bytes: &[u8]| git.line(&["hash-object", "-t", kind, "--stdin"], bytes).unwrap();
            // Nothing, something, what a filter would change, and more than one block.
            let large: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
            let mut blob = None;
            for bytes in [&b""[..], b"hello\n", b"\r\n\0", &large] {
                let id = writer.object(Kind::Blob, bytes).unwrap();
                writer.settle();
                assert_eq!(id.as_str(), alone("blob", bytes));
                assert_eq!(git.ok(&["cat-file", "blob", id.as_str()], b"").unwrap(), bytes);
                blob = Some(id);
            }
            let blob = base16ct::lower::decode_vec(blob.unwrap().as_str()).unwrap();
            let raw = [b"100644 a b\"\n\0", &blob[..], b"100644 b\0", &blob].concat();
            let tree = writer.object(Kind::Tree, &raw).unwrap();
            assert_eq!(tree.as_str(), alone("tree", &raw));
            let text = |date: &str| {
                format!("tree {tree}\nauthor A <a@b> {date}\ncommitter A <a@b> 1 +0000\n\nsubject\n\nbody\n")
            };
            let commit = text("1 +0000");
            let id = writer.object(Kind::Commit, commit.as_bytes()).unwrap();
            assert_eq!(id.as_str(), alone("commit", commit.as_bytes()));
            let tag = format!("object {id}\ntype commit\ntag v1\ntagger A <a@b> 1 +0000\n\nv1\n");
            assert_eq!(
                writer.object(Kind::Tag, tag.as_bytes()).unwrap().as_str(),
                alone("tag", tag.as_bytes())
            );
            writer.settle();
            git.ok(&["fsck", "--strict"], b"").unwrap();
            let old = writer.object(Kind::OldCommit, text("99999999999999999 +51800").as_bytes()).unwrap();
            writer.settle();
            assert_eq!(git.line(&["cat-file", "-t", old.as_str()], b"").unwrap(), "commit");
        }
    }

    #[test]
    fn refs_change_all_or_none_and_a_failure_is_not_the_end() {
        let (_dir, git) = repository("sha1");
        let mut writer = Writer::new(git.clone(), "sha1".into());
        let id = writer.object(Kind::Blob, b"hello\n").unwrap();
        writer.settle();
        let names = || git.line(&["for-each-ref", "--format=%(refname)"], b"").unwrap();
        writer
            .refs(&[format!("create refs/out/1/heads/a {id}"), format!("create refs/out/1/tags/a {id}")])
            .unwrap();
        assert_eq!(names(), "refs/out/1/heads/a\nrefs/out/1/tags/a");
        let absent = "1".repeat(40);
        let twice =
            [format!("create refs/out/2/heads/a {id}"), format!("create refs/out/2/heads/b {absent}")];
        assert!(matches!(writer.refs(&twice), Err(Failure::Failed { said, .. }) if !said.is_empty()));
        writer.object(Kind::Commit, b"rubbish\n").unwrap();
        writer.settle();
        assert!(
            matches!(writer.take_failure(), Err(Failure::Failed { said, .. }) if said.concat().contains("corrupt"))
        );
        writer.refs(&["delete refs/out/1/heads/a".into(), "delete refs/out/1/tags/a".into()]).unwrap();
        assert_eq!(names(), "");
    }
}
