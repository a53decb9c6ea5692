//! The trial merge of a candidate into develop, with the one rule that resolves conflicts by itself:
//! in declared version lines the higher version wins.

use allclear_core::facts::MergeBack;
use allclear_core::policy::VersionFile;
use allclear_core::port::{Merged, Repo, RepoError};
use allclear_core::{CommitId, Version, version_files};
use std::collections::BTreeMap;

/// Judges the outcome of merging a candidate (theirs) into develop (ours).
pub(crate) fn outcome(repo: &dyn Repo, merged: Option<&Merged>, files: &[VersionFile], version: Version) -> Result<MergeBack, RepoError> {
    let Some(merged) = merged else {
        return Ok(MergeBack::Impossible { why: "the candidate and develop have no common history".into() });
    };
    if merged.conflicts.is_empty() {
        return Ok(MergeBack::Clean { tree: merged.tree.clone() });
    }
    let names: Vec<String> = merged.conflicts.keys().cloned().collect();
    match resolve(repo, merged, files, version)? {
        Some(resolved) => {
            let tree = repo.write_tree(Some(&merged.tree), &resolved)?;
            Ok(MergeBack::Resolved { tree, files: names })
        }
        None => Ok(MergeBack::Conflict { files: names }),
    }
}

/// Sets the version lines of base, ours and theirs to the higher version and merges again. What still
/// conflicts then is more than a version line.
fn resolve(
    repo: &dyn Repo,
    merged: &Merged,
    files: &[VersionFile],
    version: Version,
) -> Result<Option<BTreeMap<String, String>>, RepoError> {
    let mut sides: BTreeMap<&String, [String; 3]> = BTreeMap::new();
    for (path, stages) in &merged.conflicts {
        let mut texts = Vec::new();
        for stage in 1..=3 {
            let Some(id) = stages.get(&stage) else { return Ok(None) };
            let Some(text) = repo.blob(id)? else { return Ok(None) };
            texts.push(text);
        }
        let Ok(texts) = <[String; 3]>::try_from(texts) else { return Ok(None) };
        sides.insert(path, texts);
    }
    let winner = winner(&sides, files, version);
    let mut resolved = BTreeMap::new();
    for (path, [base, ours, theirs]) in &sides {
        let neutral = |text: &str| version_files::neutral(path, files, text, &winner);
        let (Some(base), Some(ours), Some(theirs)) = (neutral(base), neutral(ours), neutral(theirs)) else { return Ok(None) };
        let Some(text) = repo.merge_text(&base, &ours, &theirs)? else { return Ok(None) };
        resolved.insert((*path).clone(), text);
    }
    Ok(Some(resolved))
}

fn winner(sides: &BTreeMap<&String, [String; 3]>, files: &[VersionFile], version: Version) -> String {
    let own = semver::Version::new(version.major, version.minor, version.patch);
    let written = files.iter().filter_map(|file| {
        let [_, ours, _] = sides.get(&file.path)?;
        semver::Version::parse(&version_files::read(file, ours).ok()?).ok()
    });
    written.chain([own]).max().map_or_else(|| version.to_string(), |v| v.to_string())
}

/// Gives the tree of a merge that needs nobody.
pub(crate) fn tree(merge_back: &MergeBack) -> Option<&CommitId> {
    match merge_back {
        MergeBack::Clean { tree } | MergeBack::Resolved { tree, .. } => Some(tree),
        MergeBack::Conflict { .. } | MergeBack::Impossible { .. } => None,
    }
}
