//! What changed: of develop, of a candidate, of a release; in a release's tag and in the file that a cut
//! writes.

use crate::{CandidateRefusal, Engine, ReadRefusal, Refusal, Snapshot};
use allclear_core::ecosystem::try_it::{self, TryIt};
use allclear_core::facts::CandidateFacts;
use allclear_core::history::changelog;
use allclear_core::history::changelog::Changelog;
use allclear_core::policy::Policy;
use allclear_core::port::TextAt;
use allclear_core::project::Candidate;
use allclear_core::types::text::list;
use allclear_core::{CommitId, RefName, Seconds, Version};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;
use std::collections::BTreeMap;

/// The most of a changelog that goes into a tag, in bytes: tags are read whole, and often.
const TAG_LIMIT: usize = 30 * 1024;
/// The most that a cut adds to a file, in bytes.
const FILE_LIMIT: usize = 256 * 1024;

/// A changelog with the range that it is of.
#[derive(Debug, Clone)]
pub struct Changes {
    pub changelog: Changelog,
    pub of: ChangesOf,
    /// The commit of the release before; `None` where there is none.
    pub from: Option<CommitId>,
    /// The newest commit of the range.
    pub to: CommitId,
    /// The tag of that commit.
    pub tag: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ChangesOf {
    /// Work on develop that is in no candidate.
    Develop,
    /// An open candidate, as of its newest rc.
    Candidate,
    Release,
}

impl Engine<'_> {
    /// Gives the changelog of a version; without one, of the open candidate, or of develop where none is open.
    pub fn changelog(&self, snapshot: &Snapshot, version: Option<Version>) -> Result<Changes, Refusal> {
        let Snapshot { project, facts, .. } = snapshot;
        let open = !project.candidates.is_empty();
        if version.map_or(open, |version| project.candidates.contains_key(&version)) {
            let (version, candidate) = snapshot.pick(version)?;
            let tag = candidate.rcs.last().map(|rc| rc.tag.clone());
            let date = Some(day(candidate.cut_at));
            return self.changes(
                snapshot,
                (ChangesOf::Candidate, Some(version)),
                candidate.commit().clone(),
                (tag, date),
            );
        }
        let Some(version) = version else {
            let develop = facts.develop.clone().ok_or(ReadRefusal::NoDevelop)?;
            return self.changes(snapshot, (ChangesOf::Develop, None), develop, (None, None));
        };
        let known = released(snapshot);
        let Some(commit) = known.get(&version).cloned() else {
            let newest = known.keys().rev().take(3).copied().collect();
            return Err(ReadRefusal::NoSuchVersion { version, newest }.into());
        };
        let recorded = project.releases.get(&version);
        let tag = recorded.map_or_else(|| facts.tags.release(version), |release| release.tag.clone());
        let date = match recorded {
            Some(release) => Some(day(release.cut_at)),
            None => self.tagged_on(snapshot, &tag, &commit)?,
        };
        self.changes(snapshot, (ChangesOf::Release, Some(version)), commit, (Some(tag), date))
    }

    /// Gives the lines with which users try a commit by its tag. `server` is where they get it from.
    pub fn try_it(&self, commit: &CommitId, tag: &str, server: &str) -> Result<Vec<TryIt>, Refusal> {
        let files = self.repo.files(commit, &try_it::files())?;
        Ok(try_it::lines(&files, server, tag))
    }

    /// Composes the message of a release's tag, between its first line and its trailers. It is part of the
    /// plan: whoever finishes the promotion uses the tag that was made with it.
    pub(crate) fn release_notes(
        &self,
        snapshot: &Snapshot,
        version: Version,
        now: Timestamp,
    ) -> Result<String, Refusal> {
        let candidate = &snapshot.project.candidates[&version];
        let changelog = self.composed(snapshot, Some(version), candidate.commit(), Vec::new())?;
        let summary = summary(candidate, &snapshot.facts.candidates[&version], now);
        Ok(format!("{summary}\n\n{}", changelog.body(TAG_LIMIT).trim_end()))
    }

    /// Adds a cut's section to the project's changelog file, among the texts that the cut `changed` already.
    pub(crate) fn write_changelog(
        &self,
        snapshot: &Snapshot,
        policy: &Policy,
        (version, from): (Version, &CommitId),
        changed: &mut BTreeMap<String, String>,
    ) -> Result<(), Refusal> {
        let Some(path) = &policy.changelog_file else { return Ok(()) };
        let text = match changed.get(path) {
            Some(text) => TextAt::Text(text.clone()),
            None => self.repo.text_at(from, path)?,
        };
        let text = match text {
            TextAt::Text(text) => Some(text),
            TextAt::Nothing => None,
            TextAt::Other => return Err(CandidateRefusal::NotAChangelog { path: path.clone() }.into()),
        };
        // What an open candidate below has is in its own section.
        let below = snapshot.project.candidates.range(..version).map(|(_, c)| c.commit().clone()).collect();
        let date = Some(day(self.clock.now()));
        let changelog = Changelog { date, ..self.composed(snapshot, Some(version), from, below)? };
        if let Some(text) = changelog::insert(text.as_deref(), &changelog, FILE_LIMIT) {
            changed.insert(path.clone(), text);
        }
        Ok(())
    }

    fn changes(
        &self,
        snapshot: &Snapshot,
        (of, version): (ChangesOf, Option<Version>),
        to: CommitId,
        (tag, date): (Option<String>, Option<Date>),
    ) -> Result<Changes, Refusal> {
        let changelog = Changelog { date, ..self.composed(snapshot, version, &to, Vec::new())? };
        let from = changelog.since.and_then(|since| released(snapshot).remove(&since));
        Ok(Changes { changelog, of, from, to, tag })
    }

    /// Reads what `tip` has, and the release before `version` and `besides` have not, whatever rcs were tagged
    /// between.
    fn composed(
        &self,
        snapshot: &Snapshot,
        version: Option<Version>,
        tip: &CommitId,
        besides: Vec<CommitId>,
    ) -> Result<Changelog, Refusal> {
        let since = released(snapshot).into_iter().rfind(|(v, _)| version.is_none_or(|version| *v < version));
        let without: Vec<CommitId> = since.iter().map(|(_, commit)| commit.clone()).chain(besides).collect();
        let graph = self.repo.since(tip, &without)?;
        let since = since.map(|(version, _)| version);
        Ok(Changelog { version, since, ..changelog::compose(&graph, tip) })
    }

    /// Gives the day of a tag, or of its commit where it has none of its own.
    fn tagged_on(&self, snapshot: &Snapshot, tag: &str, commit: &CommitId) -> Result<Option<Date>, Refusal> {
        let object = snapshot.refs.get(&RefName::tag(tag)).unwrap_or(commit);
        let text = self.repo.objects(std::slice::from_ref(object))?.pop().unwrap_or_default();
        let head = text.lines().take_while(|line| !line.is_empty());
        let seconds = head
            .filter(|line| line.starts_with("tagger ") || line.starts_with("committer "))
            .find_map(|line| line.rsplit_once("> ")?.1.split(' ').next()?.parse().ok());
        Ok(seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()).map(day))
    }
}

/// Lists the final releases with their commits: those that have a tag, and those on record.
fn released(snapshot: &Snapshot) -> BTreeMap<Version, CommitId> {
    let recorded =
        snapshot.project.releases.iter().map(|(version, release)| (*version, release.stable.clone()));
    recorded.chain(snapshot.facts.released.iter().map(|(v, commit)| (*v, commit.clone()))).collect()
}

fn day(at: Timestamp) -> Date {
    TimeZone::UTC.to_datetime(at).date()
}

/// Says in a few lines how a candidate fared, for the tag of its release.
fn summary(candidate: &Candidate, seen: &CandidateFacts, now: Timestamp) -> String {
    let soaked = Seconds::between(candidate.cut_at, now);
    let fixes = allclear_core::types::text::count(seen.commits.len(), "commit");
    let rcs: Vec<String> = candidate.rcs.iter().map(|rc| format!("rc.{}", rc.n)).collect();
    let soaked = format!("Soaked {soaked} as {}, with {fixes} since the cut.", list(&rcs));
    let waived = allclear_core::gate::waiver::sentences(candidate, candidate.commit(), now);
    std::iter::once(soaked).chain(waived).collect::<Vec<_>>().join("\n")
}
