//! Whether the record is whole: against what this machine saw, and against what published tags say.

use crate::{Engine, Refusal};
use allclear_core::facts::{RecordFacts, Rewound};
use allclear_core::ledger::entry::TRAILER;
use allclear_core::port::Refs;
use allclear_core::types::text::plain;
use allclear_core::{CommitId, Project, RefName, Version};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// The last head of a ledger that this machine saw or wrote.
#[derive(Serialize, Deserialize)]
struct Head {
    root: CommitId,
    commit: CommitId,
    entries: u64,
    place: RefName,
}

impl Engine<'_> {
    /// Finds out whether the ledger is shorter than it was: against the last head this machine saw,
    /// and against the entries that published tags name.
    pub(crate) fn rewound(
        &self,
        refs: &Refs,
        project: &Project,
        record: &RecordFacts,
    ) -> Result<Option<Rewound>, Refusal> {
        let now = project.root.as_ref().zip(project.head.as_ref());
        if let Some(seen) = self.last_head() {
            let was = format!("it was at entry {} ({}), and ", seen.entries, seen.commit.short());
            let why = match now {
                None => Some(format!("{was}is gone")),
                Some((root, _)) if *root != seen.root => {
                    Some(format!("{was}another record, begun at {}, stands there now", root.short()))
                }
                // Most often what was seen last is among the entries that were just folded.
                Some((_, head))
                    if !project.said.has_passed(&seen.commit) && !self.follows(&seen.commit, head)? =>
                {
                    Some(format!("{was}is now at entry {} ({})", project.entries, head.short()))
                }
                Some(_) => None,
            };
            if let Some(why) = why {
                let restore = self.repo.how_to_restore(&seen.place, &seen.commit);
                return Ok(Some(Rewound { why, restore: Some(restore) }));
            }
        }
        if let Some(tag) = self.witness(refs, project)? {
            return Ok(Some(Rewound {
                why: format!("the tag {tag} names an entry that is not in it"),
                restore: None,
            }));
        }
        // Which of two is the record, a person has to say.
        let place = record.place.clone().filter(|_| record.second.is_none());
        if let Some(((root, head), place)) = now.zip(place) {
            self.remember_head(root.clone(), head.clone(), project.entries, place);
        }
        Ok(None)
    }

    /// Tells whether a head goes on from an entry: by first parents, since a merge could leave entries out.
    fn follows(&self, entry: &CommitId, head: &CommitId) -> Result<bool, Refusal> {
        if !self.repo.is_ancestor(entry, head)? {
            return Ok(false);
        }
        let mut first = None;
        self.repo.entries(head, Some(entry), &mut |raw| {
            first.get_or_insert_with(|| raw.parents.first() == Some(entry));
        })?;
        Ok(first == Some(true))
    }

    /// Tells whether a ledger with this root stands where the record says that it was moved.
    pub(crate) fn has_moved(&self, refs: &Refs, project: &Project) -> Result<bool, Refusal> {
        let named = project.moved_to.as_ref().and_then(|(_, to)| RefName::from_git(to));
        match (named.and_then(|name| refs.commit(&name).cloned()), &project.root) {
            (Some(head), Some(root)) => Ok(self.repo.is_ancestor(root, &head)?),
            (Some(_) | None, _) => Ok(false),
        }
    }

    /// Gives the root of the record that this machine knows.
    pub(crate) fn known_root(&self) -> Option<CommitId> {
        self.last_head().map(|head| head.root)
    }

    /// Tells whether the ledger's head is the last one that this machine saw or wrote.
    pub(crate) fn is_last_head(&self, head: Option<&CommitId>) -> bool {
        self.last_head().map(|last| last.commit).as_ref() == head
    }

    fn last_head(&self) -> Option<Head> {
        serde_json::from_slice(&self.repo.recall("head")?).ok()
    }

    /// Notes the last head of the ledger that this machine saw or wrote.
    pub(crate) fn remember_head(&self, root: CommitId, commit: CommitId, entries: u64, place: RefName) {
        if let Ok(bytes) = serde_json::to_vec(&Head { root, commit, entries, place }) {
            self.repo.remember("head", &bytes);
        }
    }

    /// Finds a published tag whose entry the ledger lacks, among the newest ten of each kind. The tag of a candidate
    /// that is open still may have come without its entry: such a release is recognised by its shape.
    fn witness(&self, refs: &Refs, project: &Project) -> Result<Option<String>, Refusal> {
        let mut dated: Vec<(Version, &CommitId, &str)> = Vec::new();
        let open: BTreeSet<String> =
            project.candidates.iter().map(|(version, c)| c.cut.tags.release(*version)).collect();
        for (name, object) in refs.objects.iter().filter(|(name, _)| refs.peeled.contains_key(*name)) {
            let tag = name.as_str().strip_prefix("refs/tags/").unwrap_or_default();
            if open.contains(tag) {
                continue;
            }
            if let Some(version) = version_in(tag) {
                dated.push((version, object, tag));
            }
        }
        dated.sort_unstable();
        let newest: Vec<_> = dated.iter().rev().take(20).collect();
        let objects: Vec<CommitId> = newest.iter().map(|(_, object, _)| (*object).clone()).collect();
        let texts = self.repo.objects(&objects)?;
        Ok(newest.into_iter().zip(texts).find_map(|((.., tag), text)| {
            let named = text
                .lines()
                .rev()
                .find_map(|l| l.strip_prefix(TRAILER)?.strip_prefix(": ").map(str::to_owned))?;
            (!project.tag_entries.contains(named.trim())).then(|| plain(tag))
        }))
    }
}

/// Finds the version in a tag's name, whatever form the project gives its tags.
fn version_in(tag: &str) -> Option<Version> {
    let start = tag.char_indices().find(|(at, c)| {
        c.is_ascii_digit() && !tag[..*at].ends_with(|before: char| before.is_ascii_digit() || before == '.')
    });
    let rest = &tag[start?.0..];
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    Version::parse(rest[..end].trim_end_matches('.')).ok()
}
