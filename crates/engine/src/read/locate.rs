//! Where a commit is: on develop, in which rc, in which release; or how it gets there.

use crate::look::resolve::{brief, subject_of};
use crate::{Engine, Fault, Snapshot};
use allclear_core::lineage::Lineage;
use allclear_core::pick::{self, Train, is_welcome, picked_from};
use allclear_core::text::short;
use allclear_core::{CommitId, RcNumber, RefName, TagFormat, Version};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// Among how many commits one with the same change is looked for: so many that are older, and newer.
const NEAR: (usize, usize) = (4_000, 12_000);
/// How many commits that look alike are compared change for change.
const ALIKE: usize = 100;
/// How many commits that are the same change are followed.
const TWINS: usize = 20;
/// How many other branches are named.
const BRANCHES: usize = 5;

/// Where a commit is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// The commit.
    pub commit: CommitId,
    /// Its first line, made safe to show.
    pub subject: String,
    /// How it came to develop; `None` where it is not there.
    pub develop: Option<OnDevelop>,
    /// The open candidates whose branches have it, lowest first.
    pub candidates: Vec<OnCandidate>,
    /// The first rc that has it.
    pub rc: Option<InRc>,
    /// The first release that has it.
    pub release: Option<InRelease>,
    /// Other branches that have it, named where nothing else has it; a few.
    pub branches: Vec<String>,
    /// How it can still ride.
    pub way: Way,
    /// The next slot of the train.
    pub next_cut: Option<Timestamp>,
    /// The version that the next cut would get, where that is what it waits for.
    pub next_version: Option<Version>,
}

/// Another commit with the same change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Twin {
    /// Which.
    pub commit: CommitId,
    /// How it is known.
    pub how: Likeness,
}

/// How it is known that two commits are the same change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Likeness {
    /// Their patches are equal.
    SamePatch,
    /// The other one says that it was picked from this one; its patch is another.
    PickedFromIt,
    /// This one says that it was picked from the other.
    ItsOrigin,
}

/// How a commit came to develop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnDevelop {
    /// When, as the commit that brought it claims.
    pub since: Option<Timestamp>,
    /// The commit of develop's own line that brought it; itself where it was put there directly.
    pub by: CommitId,
    /// The first line of that, made safe to show.
    pub subject: String,
    /// What is there in its place.
    pub twin: Option<Twin>,
}

/// An open candidate that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OnCandidate {
    /// Which.
    pub version: Version,
    /// The number of the rc that it will be in; `None` where it is in one.
    pub next_rc: Option<RcNumber>,
    /// What is there in its place.
    pub twin: Option<Twin>,
}

/// An rc that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRc {
    /// Of which version.
    pub version: Version,
    /// N.
    pub n: RcNumber,
    /// Its tag.
    pub tag: String,
    /// Its commit.
    pub commit: CommitId,
    /// What is there in its place.
    pub twin: Option<Twin>,
    /// Whether the candidate ended without a release.
    pub ended: bool,
}

/// A release that has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InRelease {
    /// Which.
    pub version: Version,
    /// Its tag.
    pub tag: String,
    /// When it was released, or what the tag claims.
    pub at: Option<Timestamp>,
    /// Its commit.
    pub commit: CommitId,
    /// What is there in its place.
    pub twin: Option<Twin>,
}

/// How a commit can still ride.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// Nothing is to be done: it rides, or it is released.
    Aboard,
    /// It goes to develop first.
    ByDevelop,
    /// It waits for the next cut.
    ByCut {
        /// Why no open candidate takes it; `None` where none is open.
        why: Option<String>,
    },
    /// A person picks it.
    ByPick {
        /// The command.
        command: String,
        /// The candidate.
        version: Version,
        /// What that does to the train.
        train: Train,
    },
}

/// The tags and branches that a commit can be found at.
#[derive(Default)]
struct Places {
    /// By version and number: tag and commit.
    rcs: BTreeMap<(Version, RcNumber), (String, CommitId)>,
    /// By version: tag and commit.
    releases: BTreeMap<Version, (String, CommitId)>,
    /// Heads of the open candidates.
    candidates: BTreeMap<Version, CommitId>,
    /// All branches.
    branches: Vec<(RefName, CommitId)>,
}

/// A commit or another one with the same change, and everything that contains it.
struct Sighting<'a> {
    twin: Option<Twin>,
    holders: HashSet<&'a CommitId>,
}

impl Engine<'_> {
    /// Finds where the commit is that `text` names.
    pub fn locate(&self, snapshot: &Snapshot, text: &str) -> Result<Whereabouts, Fault> {
        let commit = self.named(snapshot, text)?;
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
            _ if release.is_some() || !candidates.is_empty() => Way::Aboard,
            None => Way::ByDevelop,
            Some(target) => self.way(snapshot, target),
        };
        let waits = matches!(way, Way::ByCut { .. } | Way::ByPick { .. });
        let is_open = |version: &Version| snapshot.project.candidates.contains_key(version);
        Ok(Whereabouts {
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

    /// Gives the commit itself, and then those with the same change that could be in an earlier place.
    fn sightings<'a>(
        &self,
        snapshot: &Snapshot,
        places: &Places,
        lineage: &'a Lineage,
        commit: &CommitId,
        raw: &str,
    ) -> Result<Vec<Sighting<'a>>, Fault> {
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
        let origins = picked_from(raw).map(|commit| Twin { commit, how: Likeness::ItsOrigin });
        for twin in origins.chain(self.twins_of(commit, raw, near)?).take(TWINS) {
            let holders = lineage.holders(&twin.commit);
            all.push(Sighting { twin: Some(twin), holders });
        }
        Ok(all)
    }

    /// Finds the commits that are the same change: by what they say, and by their patches. A pick and a
    /// rebase keep the author and the author's date, and most the first line; only those are compared.
    fn twins_of(&self, commit: &CommitId, raw: &str, near: Vec<CommitId>) -> Result<Vec<Twin>, Fault> {
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
            let how = if same(&id) { Likeness::SamePatch } else { Likeness::PickedFromIt };
            Twin { commit: id, how }
        });
        let alike = alike.into_iter().filter(|id| same(id));
        Ok(said.chain(alike.map(|commit| Twin { commit, how: Likeness::SamePatch })).collect())
    }

    /// Finds how a commit of develop that no candidate has can ride.
    fn way(&self, snapshot: &Snapshot, commit: &CommitId) -> Way {
        let mut why = None;
        for version in snapshot.project.candidates.keys() {
            let onto = match self.onto(snapshot, Some(*version)) {
                Ok(onto) => onto,
                Err(fault) => {
                    why = Some(fault.what);
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
                let found = snapshot.assess(now).candidates.into_iter().find(|c| c.version == *version);
                let policy = &onto.candidate.cut.policy;
                let train = found.map_or(Train::Free, |found| pick::train(policy, &found, now));
                let command = format!("allclear pick {} --version {version}", brief(commit));
                return Way::ByPick { command, version: *version, train };
            } else {
                why = Some(format!("{version} takes only fixes, and this is none: {}", class.why));
            }
        }
        Way::ByCut { why }
    }

    /// Gives the version that a cut of develop would get now.
    fn next_version(&self, snapshot: &Snapshot) -> Option<Version> {
        let (stable, develop) = (snapshot.facts.stable.as_ref()?, snapshot.facts.develop.as_ref()?);
        Some(self.choose(snapshot, snapshot.policy.get()?, None, stable, develop).ok()?.version)
    }
}

impl Places {
    fn of(snapshot: &Snapshot) -> Self {
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

    fn tips(&self) -> Vec<CommitId> {
        let rcs = self.rcs.values().chain(self.releases.values()).map(|(_, at)| at);
        let all = rcs.chain(self.candidates.values()).chain(self.branches.iter().map(|(_, at)| at));
        all.cloned().collect::<BTreeSet<_>>().into_iter().collect()
    }
}

/// Gives the line of a raw commit's head that begins with `role`.
fn line_of<'a>(raw: &'a str, role: &str) -> Option<&'a str> {
    raw.lines().take_while(|line| !line.is_empty()).find(|line| line.starts_with(role))
}
