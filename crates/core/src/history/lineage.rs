//! Who descends from whom, without the commits' messages.

use crate::types::object_id::CommitId;
use std::collections::{HashMap, HashSet};

/// The commits above some commit's parents, each with its parents: parents before children, else by date.
#[derive(Debug, Clone, Default)]
pub struct Lineage {
    links: Vec<(CommitId, Vec<Option<usize>>)>,
    places: HashMap<CommitId, usize>,
}

impl Lineage {
    /// Adds a commit whose parents, as far as they are part of this, were added before.
    pub fn add(&mut self, commit: CommitId, parents: &[CommitId]) {
        let parents = parents.iter().map(|p| self.places.get(p).copied()).collect();
        self.places.insert(commit.clone(), self.links.len());
        self.links.push((commit, parents));
    }

    /// Lists all that contain `commit`: itself and its descendants.
    pub fn holders(&self, commit: &CommitId) -> HashSet<&CommitId> {
        let mut holders = HashSet::new();
        let Some(&start) = self.places.get(commit) else { return holders };
        let mut holds = vec![false; self.links.len()];
        for (at, (id, parents)) in self.links.iter().enumerate().skip(start) {
            holds[at] = at == start || parents.iter().flatten().any(|&parent| holds[parent]);
            if holds[at] {
                holders.insert(id);
            }
        }
        holders
    }

    /// Lists what `tips` contain, oldest first: of what is older than `commit` the last `before`, and of what
    /// is newer the first `after`.
    pub fn around<'a>(
        &self,
        commit: &CommitId,
        tips: impl IntoIterator<Item = &'a CommitId>,
        (before, after): (usize, usize),
    ) -> Vec<&CommitId> {
        let mut within = vec![false; self.links.len()];
        for &at in tips.into_iter().filter_map(|tip| self.places.get(tip)) {
            within[at] = true;
        }
        for (at, (_, parents)) in self.links.iter().enumerate().rev() {
            if within[at] {
                parents.iter().flatten().for_each(|&parent| within[parent] = true);
            }
        }
        let own = self.places.get(commit).copied().unwrap_or_default();
        let (older, newer) = (0..own, own + 1..self.links.len());
        let mut near: Vec<usize> = older.rev().filter(|&at| within[at]).take(before).collect();
        near.reverse();
        near.extend(newer.filter(|&at| within[at]).take(after));
        near.into_iter().map(|at| &self.links[at].0).collect()
    }

    /// Finds the commit of a branch's own line, its first parents, by which it came to be among `holders`.
    pub fn entered<'a>(&'a self, tip: &CommitId, holders: &HashSet<&CommitId>) -> Option<&'a CommitId> {
        let mut found = None;
        let mut at = self.places.get(tip).copied();
        while let Some((id, parents)) = at.map(|at| &self.links[at]).filter(|(id, _)| holders.contains(id)) {
            found = Some(id);
            at = parents.first().copied().flatten();
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> CommitId {
        CommitId::parse(&digit.to_string().repeat(40)).unwrap()
    }

    #[test]
    fn a_branch_is_entered_by_its_own_merge() {
        // a, then c beside the fix b, then the merge d and e on top; f goes its own way.
        let mut lineage = Lineage::default();
        for (commit, parents) in
            [('a', ""), ('b', "a"), ('c', "a"), ('d', "cb"), ('e', "d"), ('f', "a"), ('9', "8")]
        {
            lineage.add(id(commit), &parents.chars().map(id).collect::<Vec<_>>());
        }
        let holders = lineage.holders(&id('b'));
        assert_eq!(holders, ['b', 'd', 'e'].map(id).iter().collect());
        assert_eq!(lineage.entered(&id('e'), &holders), Some(&id('d')));
        assert_eq!(lineage.entered(&id('f'), &holders), None);
        assert_eq!(lineage.entered(&id('e'), &lineage.holders(&id('c'))), Some(&id('c')));
        assert!(lineage.holders(&id('7')).is_empty());
        let around = |before, after| lineage.around(&id('b'), &['d', '7'].map(id), (before, after));
        assert_eq!(around(9, 9), ['a', 'c', 'd'].map(id).iter().collect::<Vec<_>>());
        assert_eq!(around(0, 1), [&id('c')]);
        // A merge counts although its first parent is older than all of this.
        lineage.add(id('0'), &[id('8'), id('b')]);
        assert_eq!(lineage.entered(&id('0'), &lineage.holders(&id('b'))), Some(&id('0')));
    }
}
