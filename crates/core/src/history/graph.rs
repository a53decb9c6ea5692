//! The commits of a repository as a graph.

use crate::types::object_id::CommitId;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// One commit of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// Its author as the commit claims.
    pub author: String,
    /// Its whole message.
    pub message: String,
}

/// The commits above the common ancestors of some tips: enough to answer every question about
/// what one of them has and another lacks.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The commits, by id. A parent that is not here is common to all tips.
    pub commits: BTreeMap<CommitId, CommitInfo>,
    /// Newest first, children before parents.
    pub order: Vec<CommitId>,
    /// Tips that are not in the store.
    pub absent: BTreeSet<CommitId>,
}

impl Graph {
    /// Lists what `tip` has and none of `without` has, newest first.
    pub fn only(&self, tip: &CommitId, without: &[&CommitId]) -> Vec<CommitId> {
        let hidden = self.ancestors(without.iter().copied());
        let mine = self.ancestors([tip]);
        self.order.iter().filter(|id| mine.contains(id) && !hidden.contains(id)).cloned().collect()
    }

    /// Tells whether `tip` contains `commit`. Both must be among the tips that the graph was read
    /// for: one that is not above their common ancestors is itself a common ancestor.
    pub fn contains(&self, tip: &CommitId, commit: &CommitId) -> bool {
        if tip == commit {
            return true;
        }
        if self.absent.contains(tip) || self.absent.contains(commit) {
            return false;
        }
        !self.commits.contains_key(commit) || self.ancestors([tip]).contains(commit)
    }

    fn ancestors<'a>(&'a self, tips: impl IntoIterator<Item = &'a CommitId>) -> HashSet<&'a CommitId> {
        let mut seen = HashSet::new();
        let mut stack: Vec<&CommitId> = tips.into_iter().collect();
        while let Some(id) = stack.pop() {
            if let Some((id, info)) = self.commits.get_key_value(id)
                && seen.insert(id)
            {
                stack.extend(&info.parents);
            }
        }
        seen
    }
}
