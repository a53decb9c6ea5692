//! Trial merges, such as of a candidate into develop, with the two rules that resolve conflicts by themselves:
//! in declared version lines the higher version wins, and a changelog keeps the sections of both.

use crate::{Engine, Refusal};
use allclear_core::ecosystem::version_file::{self, VersionFile};
use allclear_core::facts::MergeBack;
use allclear_core::history::changelog;
use allclear_core::ledger::event::Cut;
use allclear_core::port::{Merged, Objects, RepoError, Repository};
use allclear_core::{CommitId, Version};
use std::collections::BTreeMap;

/// What is merged: a candidate (theirs) into develop (ours), or stable into a candidate.
pub(crate) struct Trial<'a> {
    /// A commit that both have, such as the one that the candidate was cut from.
    pub(crate) base: &'a CommitId,
    /// What it is merged into.
    pub(crate) ours: &'a CommitId,
    /// What is merged in.
    pub(crate) theirs: &'a CommitId,
    pub(crate) files: &'a [VersionFile],
    /// The file that cuts add their sections to.
    pub(crate) changelog: Option<&'a str>,
    /// The candidate's version.
    pub(crate) version: Version,
}

/// Judges the outcome of a trial merge.
pub(crate) fn outcome(
    repo: &dyn Repository,
    merged: Option<&Merged>,
    trial: &Trial<'_>,
) -> Result<MergeBack, RepoError> {
    let Some(merged) = merged else {
        return Ok(MergeBack::Impossible { why: "the two have no common history".into() });
    };
    if merged.conflicts.is_empty() {
        return Ok(MergeBack::Clean { tree: merged.tree.clone() });
    }
    let names: Vec<String> = merged.conflicts.keys().cloned().collect();
    match resolve(repo, merged, trial)? {
        Some(resolved) => {
            let tree = repo.write_tree(Some(&merged.tree), &resolved)?;
            Ok(MergeBack::Resolved { tree, files: names })
        }
        None => Ok(MergeBack::Conflict { files: names }),
    }
}

/// Resolves each file by its rule; `None` where one has none, or more than its rule covers differs.
fn resolve(
    repo: &dyn Repository,
    merged: &Merged,
    trial: &Trial<'_>,
) -> Result<Option<BTreeMap<String, String>>, RepoError> {
    let mut rest = merged.conflicts.clone();
    let mut resolved = BTreeMap::new();
    if let Some(path) = trial.changelog
        && let Some(stages) = rest.remove(path)
    {
        let Some(text) = sections(repo, &stages)? else { return Ok(None) };
        resolved.insert(path.to_owned(), text);
    }
    if !rest.is_empty() {
        let Some(texts) = version_lines(repo, &rest, trial)? else { return Ok(None) };
        resolved.extend(texts);
    }
    Ok(Some(resolved))
}

/// Keeps the sections of both sides of a changelog. A file that the base lacks was begun on both.
fn sections(repo: &dyn Objects, stages: &BTreeMap<u8, CommitId>) -> Result<Option<String>, RepoError> {
    let text = |stage: u8| stages.get(&stage).map_or(Ok(None), |id| repo.blob(id));
    let (base, ours, theirs) = (text(1)?, text(2)?, text(3)?);
    let base = if stages.contains_key(&1) { base } else { Some(String::new()) };
    let (Some(base), Some(ours), Some(theirs)) = (base, ours, theirs) else { return Ok(None) };
    Ok(changelog::union(&base, &ours, &theirs))
}

/// Sets the version lines of base, ours and theirs to the higher version and merges again. What still
/// conflicts then is more than a version line.
fn version_lines(
    repo: &dyn Repository,
    conflicts: &BTreeMap<String, BTreeMap<u8, CommitId>>,
    trial: &Trial<'_>,
) -> Result<Option<BTreeMap<String, String>>, RepoError> {
    let mut paths: Vec<String> = trial.files.iter().map(|f| f.path.clone()).collect();
    paths.extend(trial.files.iter().flat_map(version_file::companions));
    if !conflicts.keys().all(|path| paths.contains(path)) {
        return Ok(None);
    }
    let mut sides = [trial.base, trial.ours, trial.theirs].map(|_| BTreeMap::new());
    for ((side, commit), stage) in sides.iter_mut().zip([trial.base, trial.ours, trial.theirs]).zip(1..) {
        *side = repo.files(commit, &paths)?;
        for (path, stages) in conflicts {
            let Some(id) = stages.get(&stage) else { return Ok(None) };
            let Some(text) = repo.blob(id)? else { return Ok(None) };
            side.insert(path.clone(), text);
        }
    }
    let winner = winner(&sides[1], trial);
    let mut resolved = BTreeMap::new();
    for path in conflicts.keys() {
        let neutral =
            |side: &BTreeMap<String, String>| version_file::neutral(path, trial.files, side, &winner);
        let [base, ours, theirs] = &sides;
        let (Some(base), Some(ours), Some(theirs)) = (neutral(base), neutral(ours), neutral(theirs)) else {
            return Ok(None);
        };
        let Some(text) = repo.merge_text(&base, &ours, &theirs)? else { return Ok(None) };
        resolved.insert(path.clone(), text);
    }
    Ok(Some(resolved))
}

/// The higher of the candidate's version and what develop's files say.
fn winner(develop: &BTreeMap<String, String>, trial: &Trial<'_>) -> String {
    let v = trial.version;
    let own = semver::Version::new(v.major, v.minor, v.patch);
    let written = trial.files.iter().filter_map(|file| {
        semver::Version::parse(&version_file::read(file, develop.get(&file.path)?).ok()?).ok()
    });
    written.chain([own]).max().map_or_else(|| v.to_string(), |v| v.to_string())
}

impl Engine<'_> {
    /// Merges a candidate, or what stable made of it, into develop, in memory.
    pub(crate) fn merge_into_develop(
        &self,
        cut: &Cut,
        develop: &CommitId,
        theirs: &CommitId,
    ) -> Result<MergeBack, Refusal> {
        let merged = self.repo.merge(&[(develop.clone(), theirs.clone())])?;
        Ok(into_develop(self.repo, merged.first().and_then(Option::as_ref), cut, develop, theirs)?)
    }
}

/// Judges the merge of a candidate, or of what stable made of it, into develop.
pub(crate) fn into_develop(
    repo: &dyn Repository,
    merged: Option<&Merged>,
    cut: &Cut,
    develop: &CommitId,
    theirs: &CommitId,
) -> Result<MergeBack, RepoError> {
    let trial = Trial {
        base: &cut.from,
        ours: develop,
        theirs,
        files: &cut.version_files,
        changelog: cut.policy.changelog_file.as_deref(),
        version: cut.version,
    };
    outcome(repo, merged, &trial)
}

/// Lists the files whose conflicts were resolved by rule.
pub(crate) fn resolved(merge_back: &MergeBack) -> Vec<String> {
    match merge_back {
        MergeBack::Resolved { files, .. } => files.clone(),
        MergeBack::Clean { .. } | MergeBack::Conflict { .. } | MergeBack::Impossible { .. } => Vec::new(),
    }
}

/// Gives the tree of a merge that needs nobody.
pub(crate) fn tree(merge_back: &MergeBack) -> Option<&CommitId> {
    match merge_back {
        MergeBack::Clean { tree } | MergeBack::Resolved { tree, .. } => Some(tree),
        MergeBack::Conflict { .. } | MergeBack::Impossible { .. } => None,
    }
}
