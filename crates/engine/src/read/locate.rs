//! Where a commit is: on develop, in which rc, in which release; or how it gets there.

use super::location::{CommitLocation, InRc, InRelease, OnCandidate, OnDevelop, Route};
use super::places::Places;
use crate::look::resolve::subject_of;
use crate::refusal::brief;
use crate::{Engine, Refusal, Snapshot};
use allclear_core::decide::pick::{Train, train};
use allclear_core::history::fixes::is_welcome;
use allclear_core::history::pick;
use allclear_core::types::text::short;
use allclear_core::{CommitId, RefName, Version};

/// How many other branches are named.
const BRANCHES: usize = 5;

impl Engine<'_> {
    /// Finds where the commit is that `text` names.
    pub fn locate(&self, snapshot: &Snapshot, text: &str) -> Result<CommitLocation, Refusal> {
        let commit = self.resolve_commit(snapshot, text)?;
        let places = Places::of(snapshot);
        let mut tips = places.tips();
        tips.push(commit.clone());
        let lineage = self.repo.lineage(&commit, &tips)?;
        let raw = self.repo.objects(std::slice::from_ref(&commit))?.pop().unwrap_or_default();
        let sightings = self.sightings(snapshot, &places, &lineage, &commit, &raw)?;
        let seen = |at: &CommitId| sightings.iter().find(|s| s.holders.contains(at)).map(|s| s.twin.clone());
        let its_own = |at: &CommitId| sightings.iter().take(1).any(|s| s.holders.contains(at));
        let release =
            places.releases.iter().find_map(|(version, (tag, at))| Some((*version, tag, at, seen(at)?)));
        let rc = places.rcs.iter().find_map(|(key, (tag, at))| Some((*key, tag, at, seen(at)?)));
        // What was released before has no part in a later rc.
        let rc = rc.filter(|((version, _), ..)| release.as_ref().is_none_or(|(first, ..)| version <= first));
        let candidates: Vec<OnCandidate> = places
            .candidates
            .iter()
            .filter_map(|(version, head)| {
                let twin = seen(head)?;
                let record = &snapshot.project.candidates[version];
                let next_rc = seen(record.commit()).is_none().then(|| record.rc_number() + 1);
                Some(OnCandidate { version: *version, next_rc, twin })
            })
            .collect();
        let develop = snapshot.facts.develop.as_ref();
        let entered = develop.and_then(|tip| {
            let sighting = sightings.iter().find(|s| s.holders.contains(tip))?;
            Some((lineage.entered(tip, &sighting.holders)?.clone(), sighting.twin.clone()))
        });
        let (mut since, mut by_subject, mut tagged) = (None, String::new(), None);
        let tag_object = release.as_ref().and_then(|(_, tag, ..)| snapshot.refs.get(&RefName::tag(tag)));
        let ask: Vec<CommitId> = entered.iter().map(|(by, _)| by).chain(tag_object).cloned().collect();
        let mut raws = self.repo.objects(&ask)?.into_iter();
        if let Some(raw) = entered.as_ref().and_then(|_| raws.next()) {
            since = pick::date(&raw, "committer").and_then(pick::instant);
            by_subject = subject_of(&raw);
        }
        if let Some(raw) = raws.next() {
            tagged = pick::date(&raw, "tagger").or(pick::date(&raw, "committer")).and_then(pick::instant);
        }
        let nowhere = entered.is_none() && rc.is_none() && release.is_none() && candidates.is_empty();
        let branches = places.branches.iter().filter(|(_, at)| nowhere && its_own(at)).take(BRANCHES);
        let branches = branches.map(|(name, _)| short(name.short(), 60)).collect();
        let develop = entered.map(|(by, twin)| OnDevelop { since, by, subject: by_subject, twin });
        let target = develop.as_ref().map(|d| d.twin.as_ref().map_or(&commit, |twin| &twin.commit));
        let way = match target {
            _ if release.is_some() || !candidates.is_empty() => Route::NothingToDo,
            None => Route::ByDevelop,
            Some(target) => self.way(snapshot, target),
        };
        let waits = matches!(way, Route::ByCut { .. } | Route::ByPick { .. });
        let is_open = |version: &Version| snapshot.project.candidates.contains_key(version);
        Ok(CommitLocation {
            subject: subject_of(&raw),
            rc: rc.map(|((version, n), tag, at, twin)| InRc {
                version,
                n,
                tag: tag.clone(),
                commit: at.clone(),
                twin,
                ended: !is_open(&version) && !places.releases.contains_key(&version),
            }),
            release: release.map(|(version, tag, at, twin)| InRelease {
                version,
                tag: tag.clone(),
                at: snapshot.project.releases.get(&version).map(|r| r.at).or(tagged),
                commit: at.clone(),
                twin,
            }),
            next_cut: snapshot.assess(self.clock.now()).next_cut,
            next_version: if waits { self.next_version(snapshot) } else { None },
            commit,
            develop,
            candidates,
            branches,
            way,
        })
    }

    /// Finds how a commit of develop that no candidate has can ride.
    fn way(&self, snapshot: &Snapshot, commit: &CommitId) -> Route {
        let mut why = None;
        for version in snapshot.project.candidates.keys() {
            let onto = match self.onto(snapshot, Some(*version)) {
                Ok(onto) => onto,
                Err(refusal) => {
                    why = Some(refusal.what());
                    continue;
                }
            };
            let Ok(classes) = self.class_picks(snapshot, &onto, std::slice::from_ref(commit)) else {
                continue;
            };
            let Some(class) = classes.into_iter().next() else { continue };
            if class.merge {
                why = Some(format!("it is a merge; allclear pick {} names what it brings", brief(commit)));
            } else if is_welcome(class.class, &onto.candidate.cut.policy.fixes) {
                let now = self.clock.now();
                let found = snapshot.assessed(*version, now);
                let policy = &onto.candidate.cut.policy;
                let train = found.map_or(Train::Free, |found| train(policy, &found, now));
                let command = format!("allclear pick {} --version {version}", brief(commit));
                return Route::ByPick { command, version: *version, train };
            } else {
                why = Some(format!("{version} takes only fixes, and this is not one ({})", class.why));
            }
        }
        Route::ByCut { why }
    }

    /// Gives the version that a cut of develop would get now.
    fn next_version(&self, snapshot: &Snapshot) -> Option<Version> {
        let (stable, develop) = (snapshot.facts.stable.as_ref()?, snapshot.facts.develop.as_ref()?);
        Some(self.choose(snapshot, snapshot.policy.get()?, None, stable, develop).ok()?.version)
    }
}
