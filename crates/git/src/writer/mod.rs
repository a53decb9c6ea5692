//! Writes objects and refs with few git processes: each is started when it is first needed, and stays as long
//! as the writer.

mod batch;

use crate::process::{Failure, Git};
use allclear_core::CommitId;
use allclear_host::TempDir;
use batch::Batch;
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    Blob,
    Commit,
    /// A commit that repeats another one, with its author and date as they are. Old histories have harmless
    /// flaws that a strict check refuses.
    OldCommit,
    Tag,
    /// A tag from its raw bytes.
    OldTag,
}

impl Kind {
    fn args(self) -> &'static [&'static str] {
        match self {
            Self::Blob => &["hash-object", "-w", "-t", "blob", "--no-filters", "--stdin-paths"],
            Self::Commit => &["hash-object", "-w", "-t", "commit", "--no-filters", "--stdin-paths"],
            Self::OldCommit => {
                &["hash-object", "-w", "-t", "commit", "--literally", "--no-filters", "--stdin-paths"]
            }
            Self::Tag => &["hash-object", "-w", "-t", "tag", "--no-filters", "--stdin-paths"],
            Self::OldTag => {
                &["hash-object", "-w", "-t", "tag", "--literally", "--no-filters", "--stdin-paths"]
            }
        }
    }
}

#[derive(Debug)]
pub(crate) struct Writer {
    git: Git,
    /// The directory for temporary directories.
    scratch: PathBuf,
    /// Has the file that git reads an object from.
    dir: Option<TempDir>,
    objects: BTreeMap<Kind, Batch>,
    trees: Option<Batch>,
    refs: Option<Batch>,
}

impl Writer {
    pub(crate) fn new(git: Git, scratch: PathBuf) -> Self {
        Self { git, scratch, dir: None, objects: BTreeMap::new(), trees: None, refs: None }
    }

    pub(crate) fn object(&mut self, kind: Kind, bytes: &[u8]) -> Result<CommitId, Failure> {
        let odd = |what: String| Failure::Odd { verb: "hash-object".into(), what };
        let dir = match self.dir.take() {
            Some(dir) => dir,
            None => TempDir::make(&self.scratch).map_err(|e| odd(e.to_string()))?,
        };
        let file = self.dir.insert(dir).path().join("object");
        std::fs::write(&file, bytes).map_err(|e| odd(e.to_string()))?;
        let path = file.to_str().filter(|path| !path.contains('\n'));
        let path = path.ok_or_else(|| odd("the cache's path is not UTF-8".into()))?;
        let batch = match self.objects.remove(&kind) {
            Some(batch) => batch,
            None => Batch::start(&self.git, kind.args())?,
        };
        let (batch, id) = ask_for_id(batch, format!("{path}\n").as_bytes())?;
        self.objects.insert(kind, batch);
        Ok(id)
    }

    /// Writes a tree of the entries `MODE TYPE ID<tab>NAME`.
    pub(crate) fn tree(&mut self, entries: &[Vec<u8>]) -> Result<CommitId, Failure> {
        let batch = match self.trees.take() {
            Some(batch) => batch,
            None => Batch::start(&self.git, &["mktree", "-z", "--batch"])?,
        };
        let mut request: Vec<u8> =
            entries.iter().flat_map(|entry| [entry, b"\0".as_slice()].concat()).collect();
        request.push(0);
        let (batch, id) = ask_for_id(batch, &request)?;
        self.trees = Some(batch);
        Ok(id)
    }

    /// Applies changes `create NAME ID` and `delete NAME` to refs, all or none.
    pub(crate) fn refs(&mut self, changes: &[String]) -> Result<(), Failure> {
        if changes.is_empty() {
            return Ok(());
        }
        let mut batch = match self.refs.take() {
            Some(batch) => batch,
            None => Batch::start(&self.git, &["update-ref", "--stdin"])?,
        };
        let changes: String = changes.iter().map(|change| format!("{change}\n")).collect();
        batch.ask(format!("start\n{changes}commit\n").as_bytes(), 2)?;
        self.refs = Some(batch);
        Ok(())
    }
}

/// Gives the id that was answered, and the batch, unless it failed.
fn ask_for_id(mut batch: Batch, request: &[u8]) -> Result<(Batch, CommitId), Failure> {
    let answer = batch.ask(request, 1)?.concat();
    let id = CommitId::parse(answer.trim());
    let id = id.map_err(|e| Failure::Odd { verb: "hash-object".into(), what: e.to_string() })?;
    Ok((batch, id))
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
            let (dir, git) = repository(format);
            let mut writer = Writer::new(git.clone(), dir.path().join("scratch"));
            let alone =
                |kind: &str, bytes: &[u8]| git.line(&["hash-object", "-t", kind, "--stdin"], bytes).unwrap();
            // Nothing, something, what a filter would change, and more than one block.
            let large: Vec<u8> = (0..200_000u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
            let mut blob = None;
            for bytes in [&b""[..], b"hello\n", b"\r\n\0", &large] {
                let id = writer.object(Kind::Blob, bytes).unwrap();
                assert_eq!(id.as_str(), alone("blob", bytes));
                assert_eq!(git.ok(&["cat-file", "blob", id.as_str()], b"").unwrap(), bytes);
                blob = Some(id);
            }
            let entries: Vec<Vec<u8>> = ["b", "a b\"\n"]
                .map(|name| format!("100644 blob {}\t{name}", blob.as_ref().unwrap()).into_bytes())
                .into();
            let tree = writer.tree(&entries).unwrap();
            let listed = [&entries[1][..], b"\0", &entries[0], b"\0"].concat();
            assert_eq!(git.ok(&["ls-tree", "-z", tree.as_str()], b"").unwrap(), listed);
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
            git.ok(&["fsck", "--strict"], b"").unwrap();
            let old = writer.object(Kind::OldCommit, text("99999999999999999 +51800").as_bytes()).unwrap();
            assert_eq!(git.line(&["cat-file", "-t", old.as_str()], b"").unwrap(), "commit");
        }
    }

    #[test]
    fn refs_change_all_or_none_and_a_failure_is_not_the_end() {
        let (dir, git) = repository("sha1");
        let mut writer = Writer::new(git.clone(), dir.path().join("scratch"));
        let id = writer.object(Kind::Blob, b"hello\n").unwrap();
        let names = || git.line(&["for-each-ref", "--format=%(refname)"], b"").unwrap();
        writer
            .refs(&[format!("create refs/out/1/heads/a {id}"), format!("create refs/out/1/tags/a {id}")])
            .unwrap();
        assert_eq!(names(), "refs/out/1/heads/a\nrefs/out/1/tags/a");
        let absent = "1".repeat(40);
        let twice =
            [format!("create refs/out/2/heads/a {id}"), format!("create refs/out/2/heads/b {absent}")];
        assert!(matches!(writer.refs(&twice), Err(Failure::Failed { said, .. }) if !said.is_empty()));
        writer.refs(&["delete refs/out/1/heads/a".into(), "delete refs/out/1/tags/a".into()]).unwrap();
        assert_eq!(names(), "");
        assert!(writer.tree(&[format!("100644 blob {absent}\ta").into_bytes()]).is_err());
        assert_eq!(writer.tree(&[]).unwrap().short(), "4b825dc");
    }
}
