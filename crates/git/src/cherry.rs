//! Merges over a base of the caller's choice: what `git merge-tree --merge-base` does, on every git from
//! 2.39 on, which does not have it yet.

use crate::store::Store;
use allclear_core::CommitId;
use allclear_core::port::{Merged, Repo, RepoError};

/// Nobody's name: these commits stay in the private store.
const NOBODY: &str = "allclear <allclear@localhost> 0 +0000";

/// Brings what the last one changed against the first onto the middle one. Three commits are made for it,
/// whose trees are theirs and whose only common ancestor is the base, so that the very merge decides that
/// decides everywhere else.
pub(crate) fn merge_over(store: &Store, sides: [&CommitId; 3]) -> Result<Merged, RepoError> {
    let trees = store.trees(&sides.map(Clone::clone))?;
    let [base, ours, theirs] = &trees[..] else {
        return Err(RepoError::Protocol("git gave no trees for what is to be merged".into()));
    };
    let commit = |tree: &CommitId, parent: Option<&CommitId>, side: &str| {
        let parent = parent.map(|p| format!("parent {p}\n")).unwrap_or_default();
        let text = format!("tree {tree}\n{parent}author {NOBODY}\ncommitter {NOBODY}\n\n{side}\n");
        store.hash("commit", text.as_bytes())
    };
    let base = commit(base, None, "base")?;
    let pair = (commit(ours, Some(&base), "ours")?, commit(theirs, Some(&base), "theirs")?);
    let merged = store.merge(&[pair])?.pop().flatten();
    merged.ok_or_else(|| RepoError::Protocol("git did not merge what has a common base".into()))
}
