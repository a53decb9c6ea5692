//! The tags and branches that a commit can be found at.

use crate::Snapshot;
use allclear_core::{CommitId, RcNumber, RefName, TagFormat, Version};
use std::collections::{BTreeMap, BTreeSet};

#[derive(Default)]
pub(super) struct Places {
    pub(super) rcs: BTreeMap<(Version, RcNumber), (String, CommitId)>,
    pub(super) releases: BTreeMap<Version, (String, CommitId)>,
    /// Heads of the open candidates.
    pub(super) candidates: BTreeMap<Version, CommitId>,
    pub(super) branches: Vec<(RefName, CommitId)>,
}

impl Places {
    pub(super) fn of(snapshot: &Snapshot) -> Self {
        let (facts, project, refs) = (&snapshot.facts, &snapshot.project, &snapshot.refs);
        let mut places = Self::default();
        let mut formats: Vec<&TagFormat> = vec![&facts.tags];
        for candidate in project.candidates.values() {
            if !formats.contains(&&candidate.cut.tags) {
                formats.push(&candidate.cut.tags);
            }
        }
        for name in refs.objects.keys() {
            if name.as_str().starts_with("refs/heads/") && !name.as_str().starts_with("refs/heads/allclear/")
            {
                places.branches.extend(refs.commit(name).map(|at| (name.clone(), at.clone())));
            }
            let Some(tag) = name.as_str().strip_prefix("refs/tags/") else { continue };
            let key = formats.iter().find_map(|format| format.parse_candidate(tag));
            if let Some((key, at)) = key.zip(refs.commit(name)) {
                places.rcs.insert(key, (tag.to_owned(), at.clone()));
            }
        }
        for (version, candidate) in &project.candidates {
            for rc in &candidate.rcs {
                places.rcs.insert((*version, rc.n), (rc.tag.clone(), rc.commit.clone()));
            }
            let head = facts.candidates.get(version).and_then(|seen| seen.head.clone());
            places.candidates.extend(head.map(|head| (*version, head)));
        }
        for (version, at) in &facts.released {
            places.releases.insert(*version, (facts.tags.release(*version), at.clone()));
        }
        for (version, release) in &project.releases {
            places.releases.insert(*version, (release.tag.clone(), release.stable.clone()));
            places
                .rcs
                .entry((*version, release.rc))
                .or_insert_with(|| (facts.tags.candidate(*version, release.rc), release.commit.clone()));
        }
        places
    }

    pub(super) fn tips(&self) -> Vec<CommitId> {
        let rcs = self.rcs.values().chain(self.releases.values()).map(|(_, at)| at);
        let all = rcs.chain(self.candidates.values()).chain(self.branches.iter().map(|(_, at)| at));
        all.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}
