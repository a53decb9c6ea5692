//! Commits that are the same change as another one: picks, rebases, and what a pick was made from.

use super::location::{MatchedBy, Twin};
use super::places::Places;
use crate::look::resolve::subject_of;
use crate::{Engine, Refusal, Snapshot};
use allclear_core::history::lineage::Lineage;
use allclear_core::history::pick::picked_from;
use allclear_core::{CommitId, Version};
use std::collections::{BTreeSet, HashSet};

/// Among how many commits one with the same change is looked for: so many that are older, and newer.
const NEAR: (usize, usize) = (4_000, 12_000);
/// How many commits that look alike are compared change for change.
const ALIKE: usize = 100;
/// How many commits that are the same change are followed.
const TWINS: usize = 20;

/// A commit or another one with the same change, and everything that contains it.
pub(super) struct Sighting<'a> {
    pub(super) twin: Option<Twin>,
    pub(super) holders: HashSet<&'a CommitId>,
}

impl Engine<'_> {
    /// Gives the commit itself, and then those with the same change that could be in an earlier place.
    pub(super) fn sightings<'a>(
        &self,
        snapshot: &Snapshot,
        places: &Places,
        lineage: &'a Lineage,
        commit: &CommitId,
        raw: &str,
    ) -> Result<Vec<Sighting<'a>>, Refusal> {
        let own = lineage.holders(commit);
        let first = places.releases.iter().find(|(_, (_, at))| own.contains(at)).map(|(version, _)| *version);
        let before = |version: &Version| first.is_none_or(|first| *version < first);
        let releases = places.releases.iter().filter(|(v, _)| before(v)).map(|(_, (_, at))| at);
        let rcs =
            places.rcs.iter().filter(|((v, _), _)| before(v) || first == Some(*v)).map(|(_, (_, at))| at);
        let heads = places.candidates.values().chain(&snapshot.facts.develop);
        let open: BTreeSet<CommitId> =
            releases.chain(rcs).chain(heads).filter(|at| !own.contains(at)).cloned().collect();
        let mut all = vec![Sighting { twin: None, holders: own }];
        if open.is_empty() {
            return Ok(all);
        }
        let near = lineage.around(commit, &open, NEAR).into_iter().cloned().collect();
        let origins = picked_from(raw).map(|commit| Twin { commit, how: MatchedBy::ItsOrigin });
        for twin in origins.chain(self.twins_of(commit, raw, near)?).take(TWINS) {
            let holders = lineage.holders(&twin.commit);
            all.push(Sighting { twin: Some(twin), holders });
        }
        Ok(all)
    }

    /// Finds the commits that are the same change: by what they say, and by their patches. A pick and a
    /// rebase keep the author and the author's date, and most the first line; only those are compared.
    fn twins_of(&self, commit: &CommitId, raw: &str, near: Vec<CommitId>) -> Result<Vec<Twin>, Refusal> {
        let (author, subject) = (line_of(raw, "author "), subject_of(raw));
        // A merge has no patch of its own.
        let head = raw.split("\n\n").next().unwrap_or_default();
        let most = if head.matches("\nparent ").count() == 1 { ALIKE } else { 0 };
        let (mut say_so, mut alike) = (Vec::new(), Vec::new());
        let texts = self.repo.objects(&near)?;
        for (id, text) in near.into_iter().zip(texts) {
            if picked_from(&text).any(|from| from == *commit) {
                say_so.push(id);
            } else if alike.len() < most
                && (line_of(&text, "author ") == author || subject_of(&text) == subject)
            {
                alike.push(id);
            }
        }
        if say_so.is_empty() && alike.is_empty() {
            return Ok(Vec::new());
        }
        let all: Vec<CommitId> = say_so.iter().chain(&alike).chain([commit]).cloned().collect();
        let patches = self.repo.patch_ids(&all, false)?;
        let same = |id: &CommitId| patches.contains_key(id) && patches.get(id) == patches.get(commit);
        let said = say_so.into_iter().map(|id| {
            let how = if same(&id) { MatchedBy::SamePatch } else { MatchedBy::PickedFromIt };
            Twin { commit: id, how }
        });
        let alike = alike.into_iter().filter(|id| same(id));
        Ok(said.chain(alike.map(|commit| Twin { commit, how: MatchedBy::SamePatch })).collect())
    }
}

/// Gives the line of a raw commit's head that begins with `role`.
fn line_of<'a>(raw: &'a str, role: &str) -> Option<&'a str> {
    raw.lines().take_while(|line| !line.is_empty()).find(|line| line.starts_with(role))
}
