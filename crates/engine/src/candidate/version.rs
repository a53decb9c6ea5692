//! Which version a cut gets.

use crate::{CandidateRefusal, Engine, Refusal, Snapshot};
use allclear_core::history::bump;
use allclear_core::history::bump::{Change, Choice, Taken};
use allclear_core::policy::Policy;
use allclear_core::types::version::Bump;
use allclear_core::{CommitId, Version};

impl Engine<'_> {
    /// Chooses the version of a cut of develop, from what changed since the last release.
    pub(crate) fn choose(
        &self,
        snapshot: &Snapshot,
        policy: &Policy,
        wanted: Option<Version>,
        stable: &CommitId,
        from: &CommitId,
    ) -> Result<Choice, Refusal> {
        let Taken { last, released, open, withdrawn } = versions_taken(snapshot);
        if let Some(version) = wanted {
            return Ok(chosen_by_hand(version, last));
        }
        let mut tips = vec![from.clone(), stable.clone()];
        tips.extend(snapshot.facts.released.last_key_value().map(|(_, c)| c.clone()));
        let graph = self.repo.graph(&tips)?;
        let known: Vec<&CommitId> = tips[1..].iter().collect();
        let new = graph.only(from, &known);
        let changes = new.iter().map(|id| {
            let info = &graph.commits[id];
            Change { message: &info.message, merge: info.parents.len() > 1 }
        });
        let taken: Vec<Version> = released.iter().chain(&open).copied().collect();
        Ok(bump::choose(last, &taken, &withdrawn, changes, policy.version.default_bump))
    }

    /// Chooses the version of a hotfix: the next patch of the last release.
    pub(super) fn choose_hotfix(
        &self,
        snapshot: &Snapshot,
        policy: &Policy,
        wanted: Option<Version>,
        riding: &[Version],
        from: &CommitId,
    ) -> Result<Choice, Refusal> {
        let taken = versions_taken(snapshot);
        let stable = &policy.branches.stable;
        let choice = match (wanted, snapshot.facts.released.last_key_value()) {
            (Some(version), _) => chosen_by_hand(version, taken.last),
            (None, None) => return Err(CandidateRefusal::NothingReleased.into()),
            (None, Some((last, commit))) if !self.repo.is_ancestor(commit, from)? => {
                let tag = snapshot.facts.tags.release(*last);
                let (stable, last, commit) = (stable.clone(), *last, commit.clone());
                return Err(CandidateRefusal::LacksLastRelease { stable, last, commit, tag }.into());
            }
            (None, Some((last, _))) => {
                // What rides is not stepped over: a hotfix above it could not be overtaken by it any more.
                let used: Vec<Version> = taken
                    .released
                    .iter()
                    .chain(taken.open.iter().filter(|v| !riding.contains(v)))
                    .copied()
                    .collect();
                bump::choose_hotfix(*last, &used, &taken.withdrawn)
            }
        };
        bump::check_hotfix(choice.version, &taken, riding).map_err(|why| {
            let open = riding.iter().find(|open| **open <= choice.version).copied();
            CandidateRefusal::BadHotfixVersion { why, open }
        })?;
        Ok(choice)
    }
}

/// Lists the versions that are used up.
pub(super) fn versions_taken(snapshot: &Snapshot) -> Taken {
    let Snapshot { project, facts, .. } = snapshot;
    let released: Vec<Version> = facts.released.keys().chain(project.releases.keys()).copied().collect();
    Taken {
        // A tag shows what the record alone only says.
        last: facts.released.keys().next_back().copied(),
        released,
        open: project.candidates.keys().copied().filter(|version| !facts.is_void(*version)).collect(),
        withdrawn: project.withdrawn.keys().copied().collect(),
    }
}

/// Gives the choice that a person made.
fn chosen_by_hand(version: Version, last: Option<Version>) -> Choice {
    let bump = match last {
        Some(last) if version.major > last.major => Bump::Major,
        Some(last) if version.minor == last.minor => Bump::Patch,
        Some(_) | None => Bump::Minor,
    };
    Choice { version, bump, reasons: vec!["given by hand".into()] }
}
