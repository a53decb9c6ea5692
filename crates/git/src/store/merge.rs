//! Merges without a work tree. A merge over a chosen base does what `git merge-tree --merge-base` does, for git
//! from 2.39 on, which does not have that option yet.

use super::error::{broken, io, missing};
use super::{LIST_LIMIT, PUSH_LIMIT, Store};
use crate::parse;
use crate::process::words;
use crate::writer::Kind;
use allclear_core::CommitId;
use allclear_core::port::{Merge, Merged, Objects, RepoError};

/// A placeholder: these commits never leave the private store.
const PLACEHOLDER: &str = "allclear <allclear@localhost> 0 +0000";

impl Merge for Store {
    fn merge(&self, pairs: &[(CommitId, CommitId)]) -> Result<Vec<Option<Merged>>, RepoError> {
        self.healing(&|| self.try_merges(pairs))
    }

    fn merge_over(&self, base: &CommitId, ours: &CommitId, theirs: &CommitId) -> Result<Merged, RepoError> {
        merge_over(self, [base, ours, theirs])
    }

    fn differing(&self, one: &CommitId, other: &CommitId) -> Result<Vec<String>, RepoError> {
        let mut args = words("diff-tree -r -z --name-only --no-renames");
        args.extend([one.as_str(), other.as_str()]);
        let out = self.healing(&|| self.git().ok(&args, b"").map_err(broken))?;
        let paths = out.split(|&b| b == 0).filter(|path| !path.is_empty());
        Ok(paths.map(|path| String::from_utf8_lossy(path).into_owned()).collect())
    }

    fn merge_text(&self, base: &str, ours: &str, theirs: &str) -> Result<Option<String>, RepoError> {
        let temp = self.temp_dir()?;
        let dir = temp.path();
        let write = |name: &str, text: &str| {
            std::fs::write(dir.join(name), text).map_err(|e| io("writing a text to merge", &e))
        };
        write("base", base)?;
        write("ours", ours)?;
        write("theirs", theirs)?;
        let args = ["merge-file", "-p", "-q", "ours", "base", "theirs"];
        let git = self.git().clone_at(dir).with_env("GIT_DIR", "/dev/null");
        let output = git.run(&args, b"", LIST_LIMIT).map_err(broken)?;
        Ok((output.code == Some(0)).then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
    }
}

impl Store {
    fn try_merges(&self, pairs: &[(CommitId, CommitId)]) -> Result<Vec<Option<Merged>>, RepoError> {
        self.mark_written();
        let mut results: Vec<Option<Merged>> = Vec::new();
        while results.len() < pairs.len() {
            let rest = &pairs[results.len()..];
            let input: String = rest.iter().map(|(ours, theirs)| format!("{ours} {theirs}\n")).collect();
            let args = ["merge-tree", "--write-tree", "--stdin", "-z", "--no-messages"];
            let output = self.git().run(&args, input.as_bytes(), PUSH_LIMIT).map_err(broken)?;
            let some = parse::merges(&output.stdout);
            let whole = some.len() >= rest.len();
            results.extend(some.into_iter().take(rest.len()).map(Some));
            if !whole {
                // A pair that cannot be merged ends the batch; the next batch starts after it.
                self.check_unrelated(&pairs[results.len()])?;
                results.push(None);
            }
        }
        Ok(results)
    }

    /// Makes sure that two commits that git does not merge are unrelated: it also fails when the store lacks
    /// some of the history.
    fn check_unrelated(&self, (ours, theirs): &(CommitId, CommitId)) -> Result<(), RepoError> {
        let args = ["merge-base", ours.as_str(), theirs.as_str()];
        match self.git().run(&args, b"", PUSH_LIMIT).map_err(broken)?.code {
            // Before 2.44 git answers so as well where it cannot read a commit in between.
            Some(1) => self.check_whole([ours, theirs]),
            Some(_) | None => Err(missing("some of what is merged")),
        }
    }
}

/// Applies the change from `base` to `theirs` to `ours`. Three commits are made that have these trees and the
/// base as their only common ancestor, so that this merge is decided exactly as every other one.
fn merge_over(store: &Store, sides: [&CommitId; 3]) -> Result<Merged, RepoError> {
    let trees = store.trees(&sides.map(Clone::clone))?;
    let [base, ours, theirs] = &trees[..] else {
        return Err(RepoError::Protocol("git gave no trees for what is to be merged".into()));
    };
    let commit = |tree: &CommitId, parent: Option<&CommitId>, side: &str| {
        let parent = parent.map(|p| format!("parent {p}\n")).unwrap_or_default();
        let text = format!("tree {tree}\n{parent}author {PLACEHOLDER}\ncommitter {PLACEHOLDER}\n\n{side}\n");
        store.hash(Kind::Commit, text.as_bytes())
    };
    let base = commit(base, None, "base")?;
    let pair = (commit(ours, Some(&base), "ours")?, commit(theirs, Some(&base), "theirs")?);
    let merged = store.merge(&[pair])?.pop().flatten();
    merged.ok_or_else(|| RepoError::Protocol("git did not merge what has a common base".into()))
}
