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
    /// Tips that all others contain.
    pub common: BTreeSet<CommitId>,
    /// Tips that neither the store nor the server has.
    pub absent: BTreeSet<CommitId>,
}

impl Graph {
    /// Lists what `tip` has and none of `without` has, newest first.
    pub fn only(&self, tip: &CommitId, without: &[&CommitId]) -> Vec<CommitId> {
        let hidden = self.ancestors(without.iter().copied());
        let mine = self.ancestors([tip]);
        self.order.iter().filter(|id| mine.contains(id) && !hidden.contains(id)).cloned().collect()
    }

    /// Tells whether `tip` is known to contain `commit`: of what the graph does not know, nothing is. `tip` is one of
    /// those that the graph was read for.
    pub fn contains(&self, tip: &CommitId, commit: &CommitId) -> bool {
        if tip == commit || self.commits.contains_key(commit) {
            return tip == commit || self.ancestors([tip]).contains(commit);
        }
        let known = self.commits.contains_key(tip) || self.common.contains(tip);
        known && (self.common.contains(commit) || self.is_below(commit))
    }

    /// Tells whether this is a commit that was read, or that all tips contain.
    pub fn knows(&self, commit: &CommitId) -> bool {
        self.commits.contains_key(commit) || self.common.contains(commit) || self.is_below(commit)
    }

    /// Tells whether a commit is a parent that is common to all tips.
    fn is_below(&self, commit: &CommitId) -> bool {
        self.commits.values().any(|info| info.parents.contains(commit))
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
