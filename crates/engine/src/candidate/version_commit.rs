//! The commit that sets a version in the files that carry it, and writes the changelog.

use crate::{CandidateRefusal, Engine, Refusal, Snapshot};
use allclear_core::ecosystem::version_file::{self, VersionFile};
use allclear_core::history::changelog::MADE_AT_THE_CUT;
use allclear_core::policy::Policy;
use allclear_core::port::NewCommit;
use allclear_core::{CommitId, Version};
use std::collections::BTreeMap;

impl Engine<'_> {
    /// Finds the manifests at the root that carry a version of their own (a bare workspace carries none).
    fn detected(&self, from: &CommitId) -> Result<Vec<VersionFile>, Refusal> {
        let manifests: Vec<String> = version_file::manifests().map(str::to_owned).collect();
        let found = self.repo.files(from, &manifests)?;
        let carries = |file: &VersionFile| {
            found.get(&file.path).is_some_and(|text| version_file::read(file, text).is_ok())
        };
        let files = version_file::detect(&|path: &str| found.contains_key(path));
        Ok(files.into_iter().filter(carries).collect())
    }

    /// Makes the commit that sets the version and writes the changelog, where files carry them; else the
    /// cut is develop itself.
    pub(super) fn version_commit(
        &self,
        snapshot: &Snapshot,
        policy: &Policy,
        version: Version,
        from: &CommitId,
    ) -> Result<(CommitId, Vec<VersionFile>, Vec<String>), Refusal> {
        let files = match &policy.version.files {
            Some(files) => files.clone(),
            None => self.detected(from)?,
        };
        let mut paths: Vec<String> = files.iter().map(|f| f.path.clone()).collect();
        paths.extend(files.iter().flat_map(version_file::companions));
        let contents = if paths.is_empty() { BTreeMap::new() } else { self.repo.files(from, &paths)? };
        let mut changed: BTreeMap<String, String> =
            version_file::set(&files, &contents, version).map_err(CandidateRefusal::BadVersionFile)?;
        let sets_version = !changed.is_empty();
        self.write_changelog(snapshot, policy, (version, from), &mut changed)?;
        if changed.is_empty() {
            return Ok((from.clone(), files, Vec::new()));
        }
        let subject = if sets_version { "Set the version to" } else { "Write the changelog of" };
        let base = self
            .repo
            .trees(std::slice::from_ref(from))?
            .into_iter()
            .next()
            .ok_or(CandidateRefusal::DevelopUnreadable)?;
        let tree = self.repo.write_tree(Some(&base), &changed)?;
        let commit = NewCommit {
            tree,
            parents: vec![from.clone()],
            by: self.signature(self.clock.now()),
            author: None,
            message: format!(
                "{subject} {version}\n\n{MADE_AT_THE_CUT}; it changes {} and nothing else.",
                allclear_core::types::text::list(&changed.keys().collect::<Vec<_>>())
            ),
        };
        Ok((self.repo.write_commit(&commit)?, files, changed.into_keys().collect()))
    }
}
