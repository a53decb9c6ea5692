//! One look at the server: refs, ledger, policy, and everything the gates want to know of them.

use crate::merge_back::{self, Trial};
use crate::{Engine, Fault, FaultKind, Note};
use allclear_core::event::Operation;
use allclear_core::facts::{CandidateFacts, Facts, MergeBack, RecordFacts, Stranger, TagSeen, Trap};
use allclear_core::fixes::{ClassedCommit, CommitSeen, Merge, classify, revert_of};
use allclear_core::id::CommitId;
use allclear_core::ledger::{self, TRAILER};
use allclear_core::policy::{self, Effective, Mistake, Policy};
use allclear_core::port::{Graph, Refs};
use allclear_core::project::{Candidate, Fold, Project};
use allclear_core::promotion::{BranchSight, Seen, Sight, TagSight};
use allclear_core::text::{plain, short};
use allclear_core::{RULES, RefName, TagFormat, Version};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The places a ledger can be at, the first one that has it wins.
pub(crate) const PLACES: [&str; 2] = ["refs/allclear/ledger", "refs/heads/allclear/ledger"];
/// The policy's file.
pub const POLICY_FILE: &str = "allclear.toml";

/// What one look gave: enough to decide everything.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// What has happened.
    pub project: Project,
    /// What was observed.
    pub facts: Facts,
    /// The policy on develop.
    pub policy: PolicySeen,
    /// Names of refs that stand in the way of new ones, for the preflight.
    pub refs: Refs,
}

/// The policy as it was found on develop.
#[derive(Debug, Clone)]
pub enum PolicySeen {
    /// It reads well.
    Read {
        /// What it says.
        effective: Box<Effective>,
        /// The commit it was read from.
        from: CommitId,
    },
    /// It has mistakes.
    Wrong {
        /// Its text.
        text: String,
        /// All of them.
        mistakes: Vec<Mistake>,
    },
    /// There is none.
    Absent,
}

impl PolicySeen {
    /// Gives the policy where it could be read.
    pub fn get(&self) -> Option<&Policy> {
        match self {
            Self::Read { effective, .. } => Some(&effective.policy),
            Self::Wrong { .. } | Self::Absent => None,
        }
    }
}

/// What is remembered of a look.
#[derive(Serialize, Deserialize)]
struct Look {
    rules: u32,
    key: String,
    facts: Facts,
    policy: Option<(String, CommitId)>,
}

/// What is remembered of the ledger.
#[derive(Serialize, Deserialize)]
struct Folded {
    rules: u32,
    project: Project,
}

/// The last head that this machine saw, by the ledger's root.
#[derive(Serialize, Deserialize)]
struct Head {
    root: CommitId,
    head: CommitId,
    entries: u64,
}

impl Engine<'_> {
    /// Reads the server, and remembers what it saw.
    pub fn observe(&self) -> Result<Snapshot, Fault> {
        let refs = self.repo.observe()?;
        self.note(Note::Observed);
        self.understand(refs)
    }

    /// Reads the record alone: all that an observation needs, in less than half the time.
    pub(crate) fn observe_record(&self) -> Result<Snapshot, Fault> {
        let refs = self.repo.observe()?;
        self.note(Note::Observed);
        let place = PLACES.iter().filter_map(|p| RefName::from_git(p)).find(|p| refs.get(p).is_some());
        let project = match place.as_ref().and_then(|p| refs.get(p)) {
            Some(head) => self.fold(head)?,
            None => Project::default(),
        };
        let rewound = self.rewound(&refs, &project)?;
        let facts = Facts {
            observed_at: self.clock.now(),
            stable: None,
            develop: None,
            tags: TagFormat::with_prefix("v"),
            released: BTreeMap::new(),
            candidates: BTreeMap::new(),
            changes: 0,
            strangers: Vec::new(),
            traps: Vec::new(),
            flights: BTreeMap::new(),
            record: RecordFacts { place, rewound, second: None },
        };
        Ok(Snapshot { project, facts, policy: PolicySeen::Absent, refs })
    }

    /// Gives the last look without asking the server; `None` where this machine never looked.
    pub fn recall(&self) -> Option<Snapshot> {
        let look: Look = serde_json::from_slice(&self.repo.recall("look")?).ok().filter(|l: &Look| l.rules == RULES)?;
        let project = match self.repo.recall("fold") {
            Some(bytes) if look.facts.record.place.is_some() => serde_json::from_slice::<Folded>(&bytes).ok()?.project,
            Some(_) | None => Project::default(),
        };
        let policy = look.policy.map_or(PolicySeen::Absent, |(text, from)| read_policy(text, from));
        Some(Snapshot { project, facts: look.facts, policy, refs: Refs::default() })
    }

    fn understand(&self, refs: Refs) -> Result<Snapshot, Fault> {
        let places: Vec<RefName> = PLACES.iter().filter_map(|p| RefName::from_git(p)).filter(|p| refs.get(p).is_some()).collect();
        let place = places.first().cloned();
        let head = place.as_ref().and_then(|p| refs.get(p)).cloned();
        let project = match &head {
            Some(head) => self.fold(head)?,
            None => Project::default(),
        };
        let (policy_text, policy) = self.read_policy(&refs, &project)?;
        let key = key_of(&refs, policy_text.as_ref());
        let remembered = self.repo.recall("look").and_then(|b| serde_json::from_slice::<Look>(&b).ok());
        if let Some(look) = remembered.filter(|l| l.rules == RULES && l.key == key) {
            let facts = Facts { observed_at: self.clock.now(), ..look.facts };
            self.keep(key, &facts, policy_text);
            return Ok(Snapshot { project, facts, policy, refs });
        }
        let rewound = self.rewound(&refs, &project)?;
        let record = RecordFacts { place, rewound, second: places.get(1).cloned() };
        let facts = self.facts(&refs, &project, policy.get(), record)?;
        self.keep(key, &facts, policy_text);
        Ok(Snapshot { project, facts, policy, refs })
    }

    fn keep(&self, key: String, facts: &Facts, policy: Option<(String, CommitId)>) {
        if let Ok(bytes) = serde_json::to_vec(&Look { rules: RULES, key, facts: facts.clone(), policy }) {
            self.repo.remember("look", &bytes);
        }
    }

    fn fold(&self, head: &CommitId) -> Result<Project, Fault> {
        let cached = self.repo.recall("fold").and_then(|b| serde_json::from_slice::<Folded>(&b).ok());
        let cached = cached.filter(|c| c.rules == RULES).map(|c| c.project);
        let mut fold = Fold::default();
        let mut known = None;
        if let Some(project) = cached
            && let Some(old) = project.head.clone()
        {
            if old == *head {
                return Ok(project);
            }
            if self.repo.is_ancestor(&old, head)? {
                fold = Fold::onto(project);
                known = Some(old);
            }
        }
        let project = loop {
            self.repo.entries(head, known.as_ref(), &mut |raw| fold.add(&ledger::read(raw)))?;
            match fold.finish() {
                Ok(project) => break project,
                Err(again) => (fold, known) = (again, None),
            }
        };
        if let Ok(bytes) = serde_json::to_vec(&Folded { rules: RULES, project: project.clone() }) {
            self.repo.remember("fold", &bytes);
        }
        Ok(project)
    }

    /// Finds out whether the ledger is shorter than it was: against the last head this machine saw,
    /// and against the entries that published tags name.
    fn rewound(&self, refs: &Refs, project: &Project) -> Result<Option<String>, Fault> {
        let seen = self.repo.recall("head").and_then(|b| serde_json::from_slice::<Head>(&b).ok());
        if let Some(seen) = seen {
            let Some((root, head)) = project.root.as_ref().zip(project.head.as_ref()) else {
                return Ok(Some(format!("it was at {} with {} entries, and is gone", seen.head.short(), seen.entries)));
            };
            if *root != seen.root {
                return Ok(Some(format!("another ledger, begun at {}, stands where {} was", root.short(), seen.root.short())));
            }
            if *head != seen.head && !self.repo.is_ancestor(&seen.head, head)? {
                return Ok(Some(format!("it was at {} with {} entries, and is now at {} with {}", seen.head.short(), seen.entries, head.short(), project.entries)));
            }
        }
        if let Some(tag) = self.witness(refs, project)? {
            return Ok(Some(format!("the tag {tag} names an entry that is not in it")));
        }
        if let Some((root, head)) = project.root.clone().zip(project.head.clone()) {
            let head = Head { root, head, entries: project.entries };
            if let Ok(bytes) = serde_json::to_vec(&head) {
                self.repo.remember("head", &bytes);
            }
        }
        Ok(None)
    }

    /// Finds a published tag whose entry the ledger lacks, among the newest ten of each kind.
    fn witness(&self, refs: &Refs, project: &Project) -> Result<Option<String>, Fault> {
        let format = tag_format(refs, None);
        let named = |name: &RefName| name.as_str().strip_prefix("refs/tags/").map(str::to_owned);
        let mut finals: Vec<(Version, u32, &CommitId, String)> = Vec::new();
        for (name, object) in refs.objects.iter().filter(|(name, _)| refs.peeled.contains_key(*name)) {
            let Some(tag) = named(name) else { continue };
            if let Some(version) = format.parse_release(&tag) {
                finals.push((version, u32::MAX, object, tag));
            } else if let Some((version, n)) = format.parse_candidate(&tag) {
                finals.push((version, n, object, tag));
            }
        }
        finals.sort_unstable();
        let newest: Vec<_> = finals.iter().rev().take(10).collect();
        let objects: Vec<CommitId> = newest.iter().map(|(_, _, object, _)| (*object).clone()).collect();
        let texts = self.repo.objects(&objects)?;
        Ok(newest.into_iter().zip(texts).find_map(|((.., tag), text)| {
            let named = text.lines().rev().find_map(|l| l.strip_prefix(TRAILER)?.strip_prefix(": ").map(str::to_owned))?;
            (!project.tag_entries.contains(named.trim())).then(|| plain(tag))
        }))
    }

    /// Reads the policy from the tip of develop. Develop is `develop`, or the one branch whose own
    /// policy file says that it is.
    fn read_policy(&self, refs: &Refs, project: &Project) -> Result<(Option<(String, CommitId)>, PolicySeen), Fault> {
        let last = project.candidates.values().next_back().map(|c| c.cut.policy.branches.develop.to_ref());
        let first = last.into_iter().chain(RefName::from_git("refs/heads/develop"));
        let others = refs.objects.keys().filter(|n| n.as_str().starts_with("refs/heads/")).take(2000).cloned();
        let mut first_look: Vec<RefName> = first.filter(|n| refs.get(n).is_some()).collect();
        first_look.dedup();
        for (own_word, names) in [(false, first_look), (true, others.collect())] {
            for name in names {
                let Some(tip) = refs.get(&name) else { continue };
                let Some(text) = self.repo.files(tip, &[POLICY_FILE.to_owned()])?.remove(POLICY_FILE) else { continue };
                let seen = read_policy(text.clone(), tip.clone());
                let is_develop = seen.get().is_some_and(|p| p.branches.develop.to_ref() == name);
                if is_develop || (!own_word && seen.get().is_none()) {
                    return Ok((Some((text, tip.clone())), seen));
                }
            }
        }
        Ok((None, PolicySeen::Absent))
    }

    fn facts(&self, refs: &Refs, project: &Project, policy: Option<&Policy>, record: RecordFacts) -> Result<Facts, Fault> {
        let fallback = policy::defaults(policy::Preset::Library1);
        let branches = &policy.unwrap_or(&fallback).branches;
        let (stable, develop) = (refs.get(&branches.stable.to_ref()).cloned(), refs.get(&branches.develop.to_ref()).cloned());
        let tags = tag_format(refs, policy);
        let released: BTreeMap<Version, CommitId> = refs
            .objects
            .keys()
            .filter_map(|name| Some((tags.parse_release(name.as_str().strip_prefix("refs/tags/")?)?, refs.commit(name)?.clone())))
            .collect();
        let last_release = released.last_key_value().map(|(_, commit)| commit.clone());
        let mut tips: BTreeSet<CommitId> = BTreeSet::new();
        tips.extend(stable.iter().chain(&develop).chain(&project.last_cut).chain(&last_release).cloned());
        for candidate in project.candidates.values() {
            tips.extend(refs.get(&candidate.cut.branch.to_ref()).cloned());
            tips.extend([candidate.cut.head.clone(), candidate.commit().clone()]);
            if let Some(flight) = &candidate.operation {
                let op = &flight.plan;
                tips.extend([&op.old_stable, &op.old_develop, &op.new_stable, &op.new_develop].map(Clone::clone));
                tips.extend([op.stable_branch.to_ref(), op.develop_branch.to_ref()].iter().filter_map(|b| refs.get(b)).cloned());
            }
        }
        let tips: Vec<CommitId> = tips.into_iter().collect();
        let graph = self.repo.graph(&tips)?;
        let changes = develop.as_ref().map_or(0, |develop| {
            let known: Vec<&CommitId> = [&project.last_cut, &stable, &last_release].into_iter().flatten().collect();
            // A merge is no change of its own: else every merge-back would fill the next train.
            graph.only(develop, &known).iter().filter(|id| graph.commits[*id].parents.len() < 2).count()
        });
        let candidates = self.candidates(refs, project, &graph, stable.as_ref(), develop.as_ref())?;
        let flights = project
            .candidates
            .values()
            .filter_map(|c| c.operation.as_ref())
            .map(|flight| (flight.plan.id.clone(), sight(refs, &graph, &flight.plan)))
            .collect();
        Ok(Facts {
            observed_at: self.clock.now(),
            stable,
            develop,
            tags,
            released,
            candidates,
            changes,
            strangers: strangers(refs, project, branches),
            traps: traps(refs, branches),
            flights,
            record,
        })
    }

    fn candidates(
        &self,
        refs: &Refs,
        project: &Project,
        graph: &Graph,
        stable: Option<&CommitId>,
        develop: Option<&CommitId>,
    ) -> Result<BTreeMap<Version, CandidateFacts>, Fault> {
        let heads: BTreeMap<Version, CommitId> = project
            .candidates
            .iter()
            .filter_map(|(v, c)| Some((*v, refs.get(&c.cut.branch.to_ref())?.clone())))
            .collect();
        // A gone branch is judged by its rc, so that its merge-back is known when it comes back.
        let of = |version: &Version, c: &Candidate| heads.get(version).unwrap_or_else(|| c.commit()).clone();
        let pairs: Vec<(CommitId, CommitId)> =
            develop.map(|d| project.candidates.iter().map(|(v, c)| (d.clone(), of(v, c))).collect()).unwrap_or_default();
        let merges = if pairs.is_empty() { Vec::new() } else { self.repo.merge(&pairs)? };
        let mut out = BTreeMap::new();
        for (n, (version, candidate)) in project.candidates.iter().enumerate() {
            let head = of(version, candidate);
            let mut without = vec![&candidate.cut.head];
            without.extend(stable);
            let ids = graph.only(&head, &without);
            let merge_back = match (develop, merges.get(n)) {
                (Some(develop), Some(merged)) => {
                    let (base, files) = (&candidate.cut.from, &candidate.cut.version_files);
                    let trial = Trial { base, ours: develop, theirs: &head, files, version: *version };
                    merge_back::outcome(self.repo, merged.as_ref(), &trial)?
                }
                _ => MergeBack::Impossible { why: "there is no develop branch on the server".into() },
            };
            let rc_tag = candidate.rcs.last().map_or(TagSeen::Intact, |rc| match refs.get(&RefName::tag(&rc.tag)) {
                Some(object) if *object == rc.object => TagSeen::Intact,
                Some(object) => TagSeen::Moved { to: object.clone() },
                None => TagSeen::Gone,
            });
            out.insert(
                *version,
                CandidateFacts {
                    head: heads.get(version).cloned(),
                    commits: self.classed(&ids, graph, candidate, develop)?,
                    descends: graph.contains(&head, candidate.commit()),
                    lacks_stable: stable.map_or(0, |stable| graph.only(stable, &[&head]).len()),
                    merge_back,
                    rc_tag,
                    release_tag: refs.commit(&RefName::tag(&candidate.cut.tags.release(*version))).cloned(),
                },
            );
        }
        Ok(out)
    }

    /// Classes the commits that came on board, newest first.
    fn classed(&self, ids: &[CommitId], graph: &Graph, candidate: &Candidate, develop: Option<&CommitId>) -> Result<Vec<ClassedCommit>, Fault> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let fixes = &candidate.cut.policy.fixes;
        let merges = self.merges(ids, graph)?;
        let paths = if fixes.paths.is_empty() { BTreeMap::new() } else { self.repo.paths(ids)? };
        let undone = self.undone(ids, graph)?;
        let mut seen: Vec<ClassedCommit> = Vec::new();
        let class = |id: &CommitId, twin: Option<&str>| {
            let info = &graph.commits[id];
            let merge = merges.get(id).copied().unwrap_or(Merge::No);
            let commit = CommitSeen {
                message: &info.message,
                paths: paths.get(id).map(Vec::as_slice),
                twin,
                merge,
                undone: undone.contains(id),
            };
            let (class, why) = classify(fixes, &commit);
            let subject = short(info.message.lines().next().unwrap_or_default(), 120);
            ClassedCommit { id: id.clone(), subject, author: short(&info.author, 80), class, why }
        };
        for id in ids {
            seen.push(class(id, None));
        }
        let open: Vec<CommitId> = seen.iter().filter(|c| c.class == allclear_core::fixes::Class::Unclassified).map(|c| c.id.clone()).collect();
        if let Some(develop) = develop.filter(|_| !open.is_empty()) {
            let twins = self.twins(&open, graph, develop, candidate)?;
            for commit in &mut seen {
                if let Some(twin) = twins.get(&commit.id) {
                    *commit = class(&commit.id, Some(twin));
                }
            }
        }
        Ok(seen)
    }

    /// Tells plain merges from merges with changes of their own, by merging their parents again.
    fn merges(&self, ids: &[CommitId], graph: &Graph) -> Result<BTreeMap<CommitId, Merge>, Fault> {
        let merges: Vec<&CommitId> = ids.iter().filter(|id| graph.commits[*id].parents.len() > 1).collect();
        if merges.is_empty() {
            return Ok(BTreeMap::new());
        }
        let pairs: Vec<(CommitId, CommitId)> = merges
            .iter()
            .map(|id| (graph.commits[*id].parents[0].clone(), graph.commits[*id].parents[1].clone()))
            .collect();
        let again = self.repo.merge(&pairs)?;
        let trees = self.repo.trees(&merges.iter().map(|id| (*id).clone()).collect::<Vec<_>>())?;
        Ok(merges
            .into_iter()
            .zip(again.into_iter().zip(trees))
            .map(|(id, (again, tree))| {
                let two = graph.commits[id].parents.len() == 2;
                let plain = two && again.is_some_and(|m| m.conflicts.is_empty() && m.tree == tree);
                (id.clone(), if plain { Merge::Plain } else { Merge::WithChanges })
            })
            .collect())
    }

    /// Finds pairs of a commit and the revert that takes exactly its change back.
    fn undone(&self, ids: &[CommitId], graph: &Graph) -> Result<BTreeSet<CommitId>, Fault> {
        let reverts: Vec<(CommitId, CommitId)> = ids
            .iter()
            .filter_map(|id| revert_of(&graph.commits[id].message).filter(|of| ids.contains(of)).map(|of| (id.clone(), of)))
            .collect();
        if reverts.is_empty() {
            return Ok(BTreeSet::new());
        }
        let made = self.repo.patch_ids(&reverts.iter().map(|(by, _)| by.clone()).collect::<Vec<_>>(), false)?;
        let opposite = self.repo.patch_ids(&reverts.iter().map(|(_, of)| of.clone()).collect::<Vec<_>>(), true)?;
        let real = reverts.into_iter().filter(|(by, of)| made.get(by).is_some_and(|patch| opposite.get(of) == Some(patch)));
        Ok(real.flat_map(|(by, of)| [by, of]).collect())
    }

    /// Finds commits of develop with the same patch that are fixes there, by their subject.
    fn twins(&self, open: &[CommitId], graph: &Graph, develop: &CommitId, candidate: &Candidate) -> Result<BTreeMap<CommitId, String>, Fault> {
        let fixes = &candidate.cut.policy.fixes;
        let there: Vec<CommitId> = graph
            .only(develop, &[&candidate.cut.head])
            .into_iter()
            .filter(|id| {
                let message = &graph.commits[id].message;
                let seen = CommitSeen { message, paths: None, twin: None, merge: Merge::No, undone: false };
                graph.commits[id].parents.len() == 1 && classify(fixes, &seen).0 == allclear_core::fixes::Class::Fix
            })
            .take(1000)
            .collect();
        if there.is_empty() {
            return Ok(BTreeMap::new());
        }
        let patches = self.repo.patch_ids(open, false)?;
        let known: BTreeMap<String, CommitId> = self.repo.patch_ids(&there, false)?.into_iter().map(|(id, patch)| (patch, id)).collect();
        let subject = |id: &CommitId| graph.commits[id].message.lines().next().unwrap_or_default().to_owned();
        Ok(patches.into_iter().filter_map(|(id, patch)| Some((id, subject(known.get(&patch)?)))).collect())
    }
}

impl Snapshot {
    /// Assesses what was seen, at `now`.
    pub fn assess(&self, now: jiff::Timestamp) -> allclear_core::Assessment {
        allclear_core::assess(self.policy.get(), &self.project, &self.facts, now)
    }

    /// Gives the policy on develop, or says why there is none.
    pub fn policy(&self) -> Result<(&Policy, &CommitId), Fault> {
        match &self.policy {
            PolicySeen::Read { effective, from } => Ok((&effective.policy, from)),
            PolicySeen::Wrong { mistakes, .. } => Err(Fault::new(
                FaultKind::Usage,
                format!("{POLICY_FILE} on develop has {}", allclear_core::text::count(mistakes.len(), "mistake")),
            )
            .hint("allclear policy check shows each at its line")),
            PolicySeen::Absent => Err(Fault::new(FaultKind::Usage, format!("there is no {POLICY_FILE} on develop"))
                .hint("run allclear init, commit the file to develop and push it")),
        }
    }

    /// Refuses where something stops all deciding.
    pub fn may_decide(&self, now: jiff::Timestamp) -> Result<(), Fault> {
        let Some(stop) = allclear_core::assess::stops(&self.project, &self.facts, now).into_iter().next() else { return Ok(()) };
        let kind = if self.project.needs > RULES { FaultKind::Refused } else { FaultKind::Blocked };
        Err(Fault { kind, hints: stop.remedy, ..Fault::new(kind, stop.why) })
    }

    /// Picks the candidate that a command is about: the named one, or the only one.
    pub fn pick(&self, wanted: Option<Version>) -> Result<(Version, &Candidate), Fault> {
        let open: Vec<String> = self.project.candidates.keys().map(ToString::to_string).collect();
        match wanted {
            Some(version) => self.project.candidates.get(&version).map(|c| (version, c)).ok_or_else(|| {
                if self.project.releases.contains_key(&version) {
                    return Fault::new(FaultKind::Usage, format!("{version} is released already"));
                }
                let has = if open.is_empty() { "none is".into() } else { format!("{} is", allclear_core::text::list(&open)) };
                Fault::new(FaultKind::Usage, format!("there is no open candidate {version}; {has} open"))
            }),
            None => match open.len() {
                0 => Err(Fault::new(FaultKind::Usage, "there is no open candidate").hint("allclear cut starts one")),
                1 => self.project.candidates.iter().next().map(|(v, c)| (*v, c)).ok_or_else(|| Fault::new(FaultKind::Usage, "no candidate")),
                _ => Err(Fault::new(FaultKind::Usage, format!("{} are open", allclear_core::text::list(&open))).hint("name the version")),
            },
        }
    }
}

fn read_policy(text: String, from: CommitId) -> PolicySeen {
    match policy::read(&text) {
        Ok(effective) => PolicySeen::Read { effective: Box::new(effective), from },
        Err(mistakes) => PolicySeen::Wrong { text, mistakes },
    }
}

/// All that facts are computed from, as one text: equal keys, equal facts.
fn key_of(refs: &Refs, policy: Option<&(String, CommitId)>) -> String {
    use std::hash::{Hash, Hasher};
    // Two hashes with different starts: collisions would only show stale facts, and actors re-read.
    let mut parts = [std::hash::DefaultHasher::new(), std::hash::DefaultHasher::new()];
    1u8.hash(&mut parts[1]);
    for hasher in &mut parts {
        for (name, id) in &refs.objects {
            (name.as_str(), id.as_str()).hash(hasher);
        }
        policy.map(|(text, _)| text).hash(hasher);
    }
    parts.iter().map(|h| format!("{:016x}", h.finish())).collect()
}

/// Gives the form of tags: the policy's, else the history's, else `v`.
pub(crate) fn tag_format(refs: &Refs, policy: Option<&Policy>) -> TagFormat {
    if let Some(format) = policy.and_then(|p| p.tags.clone()) {
        return format;
    }
    let (with, without) = (TagFormat::with_prefix("v"), TagFormat::with_prefix(""));
    let count = |format: &TagFormat| {
        refs.objects.keys().filter(|n| n.as_str().strip_prefix("refs/tags/").is_some_and(|t| format.parse_release(t).is_some())).count()
    };
    if count(&without) > count(&with) { without } else { with }
}

/// Looks at the four refs of an operation.
pub(crate) fn sight(refs: &Refs, graph: &Graph, op: &Operation) -> Sight {
    let seen = |now: Option<&CommitId>, old: &CommitId, new: &CommitId| match now {
        Some(now) if graph.contains(now, new) => Seen::New,
        Some(now) if now == old => Seen::Old,
        Some(_) | None => Seen::Other,
    };
    Sight {
        stable: seen(refs.get(&op.stable_branch.to_ref()), &op.old_stable, &op.new_stable),
        develop: seen(refs.get(&op.develop_branch.to_ref()), &op.old_develop, &op.new_develop),
        tag: match refs.get(&RefName::tag(&op.tag)) {
            None => TagSight::Absent,
            Some(object) if *object == op.new_tag => TagSight::New,
            Some(_) => TagSight::Foreign,
        },
        candidate: match refs.get(&op.branch.to_ref()) {
            Some(head) if *head == op.commit => BranchSight::AtRc,
            Some(_) => BranchSight::Moved,
            None => BranchSight::Gone,
        },
    }
}

/// Finds branches that look like candidates and are none.
fn strangers(refs: &Refs, project: &Project, branches: &policy::Branches) -> Vec<Stranger> {
    let prefix = branches.candidate.prefix.as_str();
    let known: BTreeSet<RefName> = project.candidates.values().map(|c| c.cut.branch.to_ref()).collect();
    let folded = |text: &str| -> String { text.chars().flat_map(char::to_lowercase).map(|c| if c == 'е' { 'e' } else { c }).collect() };
    refs.objects
        .keys()
        .filter(|name| !known.contains(name))
        .filter_map(|name| {
            let branch = name.as_str().strip_prefix("refs/heads/")?;
            let why = if branches.candidate.parse(name).is_some() {
                "looks like a candidate, but allclear did not cut it"
            } else if !prefix.is_empty() && folded(branch).starts_with(&folded(prefix)) {
                "looks like a candidate's branch and is none"
            } else {
                return None;
            };
            Some(Stranger { name: name.clone(), why: why.into() })
        })
        .take(50)
        .collect()
}

/// Finds names that git reads as something else.
fn traps(refs: &Refs, branches: &policy::Branches) -> Vec<Trap> {
    let mut traps = Vec::new();
    let mut add = |name: &RefName, why: String| {
        if traps.len() < 50 {
            traps.push(Trap { name: name.clone(), why });
        }
    };
    let mut folded: BTreeMap<String, &RefName> = BTreeMap::new();
    for name in refs.objects.keys() {
        let short = name.short();
        if name.as_str().starts_with("refs/tags/refs/") {
            add(name, format!("a tag named like the ref {}: plain pushes to that ref are refused as ambiguous", plain(short)));
        }
        if matches!(short.len(), 40 | 64) && short.bytes().all(|b| b.is_ascii_hexdigit()) {
            add(name, "named like a commit id: git checkout takes the branch, git rev-parse the commit".into());
        }
        if name.as_str().starts_with("refs/tags/") && (short == branches.stable.as_str() || short == branches.develop.as_str() || branches.candidate.parse(&RefName::tag_as_branch(short)).is_some()) {
            add(name, "a tag with the name of a branch: git fetch takes the tag, git clone the branch".into());
        }
        if let Some(twin) = folded.insert(name.as_str().to_lowercase(), name).filter(|twin| *twin != name) {
            add(name, format!("differs from {} in case alone, which some file systems cannot keep", plain(twin.short())));
        }
    }
    traps
}
