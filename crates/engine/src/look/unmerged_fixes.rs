//! Fixes that ended with a withdrawn candidate, for as long as develop lacks them.

use crate::{Engine, Refusal};
use allclear_core::facts::Offer;
use allclear_core::history::graph::Graph;
use allclear_core::port::Refs;
use allclear_core::project::{Project, Withdrawal};
use allclear_core::types::ref_name::name_fault;
use allclear_core::types::text::short;
use allclear_core::{CommitId, RefName, Version};
use std::collections::BTreeSet;

/// How many withdrawals are looked after; how many commits of develop are compared by patch; how many fixes
/// an entry names.
const OFFERS: usize = 5;
const PATCHES: usize = 2000;
const FIXES: usize = 200;

impl Engine<'_> {
    /// Finds the fixes of withdrawn candidates that develop still lacks, newest withdrawal first.
    pub(crate) fn offers(
        &self,
        refs: &Refs,
        project: &Project,
        develop: Option<&CommitId>,
    ) -> Result<Vec<Offer>, Refusal> {
        let mut ended: Vec<(&Version, &Withdrawal)> =
            project.withdrawn.iter().filter(|(_, w)| !w.fixes.is_empty()).collect();
        ended.sort_by_key(|(_, w)| std::cmp::Reverse(w.at));
        ended.truncate(OFFERS);
        let Some(develop) = develop.filter(|_| !ended.is_empty()) else { return Ok(Vec::new()) };
        let mut offers = Vec::new();
        for (version, withdrawal) in ended {
            let kept = |name: &&String| archived(name).is_some_and(|name| refs.get(&name).is_some());
            let Some(archive) = withdrawal.archives.iter().rev().find(kept) else { continue };
            let mut tips: Vec<CommitId> = withdrawal.fixes.iter().take(FIXES).cloned().collect();
            tips.push(develop.clone());
            let graph = self.repo.graph(&tips)?;
            let newest_first: Vec<CommitId> = withdrawal
                .fixes
                .iter()
                .rev()
                .filter(|fix| graph.commits.contains_key(*fix))
                .cloned()
                .collect();
            let fixes = self.lacking(&graph, newest_first, Some(develop))?;
            if !fixes.is_empty() {
                offers.push(Offer { version: *version, archive: archive.clone(), fixes });
            }
        }
        Ok(offers)
    }

    /// Keeps of `ids`, newest first, what changes something that develop lacks. What was taken back on the
    /// candidate itself is nothing to offer. Gives them oldest first.
    pub(crate) fn lacking(
        &self,
        graph: &Graph,
        ids: Vec<CommitId>,
        develop: Option<&CommitId>,
    ) -> Result<Vec<(CommitId, String)>, Refusal> {
        let undone = self.undone(&ids, graph)?;
        let single = |id: &CommitId| graph.commits.get(id).is_some_and(|info| info.parents.len() < 2);
        let mut open: Vec<CommitId> =
            ids.into_iter().filter(|id| single(id) && !undone.contains(id)).take(FIXES).collect();
        if let Some(develop) = develop.filter(|_| !open.is_empty()) {
            let own: Vec<&CommitId> = open.iter().collect();
            let there: Vec<CommitId> =
                graph.only(develop, &own).into_iter().filter(single).take(PATCHES).collect();
            let inside: BTreeSet<CommitId> = graph.only(develop, &[]).into_iter().collect();
            open.retain(|id| !inside.contains(id));
            if !there.is_empty() && !open.is_empty() {
                let known: BTreeSet<String> = self.repo.patch_ids(&there, false)?.into_values().collect();
                let own = self.repo.patch_ids(&open, false)?;
                open.retain(|id| !own.get(id).is_some_and(|patch| known.contains(patch)));
            }
        }
        let subject = |id: CommitId| {
            let line = graph.commits[&id].message.lines().next().unwrap_or_default();
            let line = short(line, 100);
            (id, line)
        };
        Ok(open.into_iter().rev().map(subject).collect())
    }
}

/// Reads the name of an archive as the record has it: people are given it in commands.
pub(crate) fn archived(name: &str) -> Option<RefName> {
    let rest = name.strip_prefix("refs/allclear/archive/")?;
    name_fault(rest).is_none().then(|| RefName::own(&format!("archive/{rest}")))
}
