//! `doctor`: looks at any clone as it stands, without a policy, a ledger or a fetch, and changes nothing.

use super::probe;
use crate::ledger::place::ledgers;
use crate::look::ref_warnings;
use crate::{Engine, POLICY_FILE, Refusal};
use allclear_adopt::doctor::{self, Finding, Line, Past, Prerequisites, Tags, Tip};
use allclear_core::policy::{self, Branches, Preset};
use allclear_core::port::Refs;
use allclear_core::port::history::{Commits, History, Look, Reach};
use allclear_core::types::text::plain;
use allclear_core::{Branch, CommitId, RefName};
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// What branches of releases are called, the commonest first.
const STABLE: [&str; 4] = ["master", "main", "trunk", "stable"];
/// What branches of the latest work are called.
const DEVELOP: [&str; 5] = ["develop", "dev", "development", "devel", "next"];

/// All that was found.
#[derive(Debug)]
pub struct Examination {
    /// What is known of the past.
    pub past: Past,
    /// Prerequisites.
    pub ground: Prerequisites,
    /// What was found, in the order of the screen.
    pub findings: Vec<Finding>,
}

/// A branch where the clone and the server have it.
struct Known {
    name: String,
    ids: Vec<CommitId>,
}

impl Engine<'_> {
    /// Examines a clone and, where `ask`, its server. A server that cannot be read is a finding, not a fault.
    pub fn examine(&self, history: &dyn History, ask: bool) -> Result<Examination, Refusal> {
        let now = self.clock.now();
        let Look { git, shallow, partial, head, refs, server, reach, fetched_from } = history.look(ask)?;
        let (server, unreachable) = match server {
            Some(Ok(server)) => (Some(server), None),
            Some(Err(e)) => (None, Some(plain(&e.to_string()))),
            None => (None, None),
        };
        let mut past = Past { now, tags: Tags::read(&refs), shallow, ..Past::default() };
        let branches = known(&refs, server.as_ref());
        let (stable, develop) = long_lived(history, &branches, head.as_ref())?;
        let lines: Vec<(&Known, Line)> = branches
            .values()
            .filter(|b| Some(&b.name) != stable.as_ref() && Some(&b.name) != develop.as_ref())
            .filter_map(|b| Some((b, Line::read(&b.name)?)))
            .collect();
        let chosen = |name: &Option<String>| name.as_ref().and_then(|name| branches.get(name));
        let trunk = [chosen(&stable), chosen(&develop)];
        let mut tips: BTreeSet<CommitId> = doctor::tips(&past).into_iter().collect();
        for known in trunk.into_iter().flatten().chain(lines.iter().map(|(b, _)| *b)) {
            tips.extend(known.ids.iter().cloned());
        }
        let tips: Vec<CommitId> = tips.into_iter().collect();
        past.commits = history.commits(&tips)?;
        past.stable = trunk[0].and_then(|b| tip(b, &past.commits));
        past.develop = trunk[1].and_then(|b| tip(b, &past.commits));
        past.lines = lines.iter().filter_map(|(b, line)| Some((tip(b, &past.commits)?, *line))).collect();
        past.refs = refs;
        past.server = server;
        read(history, &mut past)?;
        let leftovers = leftovers(past.server.as_ref());
        let ground = Prerequisites {
            delete: (!leftovers.is_empty()).then(|| history.how_to_delete(&leftovers)),
            git,
            asked: ask,
            traps: traps(&past),
            newest: self.newest(&past),
            ledger: ledger(&past),
            leftovers,
            shallow,
            partial,
            fetched_from,
            behind: behind(&past, trunk.into_iter().flatten().chain(lines.iter().map(|(b, _)| *b))),
            probed: self.probed(),
            reach: if unreachable.is_some() { Reach::NotAsked } else { reach },
            unreachable,
        };
        let mut findings = doctor::releases(&past);
        findings.extend(doctor::prerequisites(&ground, now));
        Ok(Examination { past, ground, findings })
    }

    /// Gives the newest date at the tips of the history and of the ledger. Deeper down, old mistakes live on.
    fn newest(&self, past: &Past) -> Option<Timestamp> {
        let tips = past.stable.iter().chain(&past.develop).filter_map(|tip| past.commits.find(&tip.commit));
        let committed = tips.map(|at| past.commits.at(at).at).max();
        let committed = committed.and_then(|at| Timestamp::from_second(at).ok());
        let recorded = self.recall().filter(|seen| seen.project.head.is_some()).map(|seen| seen.project.at);
        committed.max(recorded)
    }
}

/// Reads what the findings need beyond tags, branches and commits.
fn read(history: &dyn History, past: &mut Past) -> Result<(), Refusal> {
    let wanted = doctor::wanted(past);
    let tagged: Vec<CommitId> = past.tags.last().iter().map(|r| r.commit.clone()).collect();
    let branch = past.develop.as_ref().or(past.stable.as_ref());
    let branch = branch.and_then(|tip| RefName::from_git(&format!("refs/heads/{}", tip.name)));
    std::thread::scope(|scope| {
        let patches = scope.spawn(|| history.patch_ids(&wanted.patches));
        let files = scope.spawn(|| {
            history.files(&tagged, &allclear_core::ecosystem::version_file::manifests().collect::<Vec<_>>())
        });
        let forced = scope.spawn(|| branch.as_ref().map(|b| history.forced(b)).transpose());
        past.subjects = history.subjects(&wanted.subjects)?;
        let ended = "a thread that reads ends with an answer";
        // A partial clone has not every file that a patch needs; that is a finding, and no fault.
        past.patches = patches.join().expect(ended).ok();
        past.files = files.join().expect(ended)?;
        past.forced = forced.join().expect(ended)?.unwrap_or_default();
        Ok(())
    })
}

/// Lists the branches of the server, or of the clone where the server was not read.
fn known(refs: &[allclear_core::port::history::CloneRef], server: Option<&Refs>) -> BTreeMap<String, Known> {
    let mut branches: BTreeMap<String, Known> = BTreeMap::new();
    let here = refs.iter().map(|r| (&r.name, &r.object));
    let there = server.into_iter().flat_map(|s| s.objects.iter());
    // The server's own value comes first; the clone's serves where the clone has not fetched that.
    for (name, id) in there.chain(here.filter(|(name, _)| server.is_none_or(|s| s.get(name).is_some()))) {
        let Some(branch) = name.as_str().strip_prefix("refs/heads/") else { continue };
        let known = branches
            .entry(branch.to_owned())
            .or_insert_with(|| Known { name: branch.to_owned(), ids: Vec::new() });
        if !known.ids.contains(id) {
            known.ids.push(id.clone());
        }
    }
    branches
}

fn tip(known: &Known, commits: &Commits) -> Option<Tip> {
    let id = known.ids.iter().find(|id| commits.find(id).is_some())?;
    Some(Tip { name: known.name.clone(), commit: id.clone() })
}

/// Finds stable and develop: as a policy names them, else by their usual names.
fn long_lived(
    history: &dyn History,
    branches: &BTreeMap<String, Known>,
    head: Option<&RefName>,
) -> Result<(Option<String>, Option<String>), Refusal> {
    let has = |name: &str| branches.contains_key(name).then(|| name.to_owned());
    let head = head.and_then(|h| has(h.short()));
    let develop = DEVELOP.iter().find_map(|name| has(name));
    let usual = head.clone().filter(|h| STABLE.contains(&h.as_str()));
    let stable = usual
        .or_else(|| STABLE.iter().find_map(|name| has(name)))
        .or_else(|| head.clone().filter(|h| Some(h) != develop.as_ref()));
    let tips: Vec<CommitId> = [&develop, &stable]
        .into_iter()
        .flatten()
        .filter_map(|name| branches.get(name)?.ids.last().cloned())
        .collect();
    let written = history.files(&tips, &[POLICY_FILE])?;
    let policy = tips.iter().find_map(|tip| policy::read(written.get(tip)?.get(POLICY_FILE)?).ok());
    Ok(match policy {
        Some(effective) => {
            let named = effective.policy.branches;
            (has(named.stable.as_str()).or(stable), has(named.develop.as_str()).or(develop))
        }
        None => (stable, develop),
    })
}

fn traps(past: &Past) -> Vec<allclear_core::facts::Trap> {
    let named = |tip: &Option<Tip>, default: Branch| {
        tip.as_ref().and_then(|tip| Branch::parse(&tip.name).ok()).unwrap_or(default)
    };
    let usual = policy::defaults(Preset::find("library@1").unwrap_or(Preset::ALL[0])).branches;
    let branches = Branches {
        stable: named(&past.stable, usual.stable),
        develop: named(&past.develop, usual.develop),
        candidate: usual.candidate,
    };
    match &past.server {
        Some(server) => ref_warnings::traps(server, &branches),
        None => {
            let objects = past.refs.iter().map(|r| (r.name.clone(), r.object.clone())).collect();
            ref_warnings::traps(&Refs { objects, peeled: BTreeMap::new() }, &branches)
        }
    }
}

fn ledger(past: &Past) -> Option<RefName> {
    ledgers(past.server.as_ref()?).next().map(|ledger| ledger.place)
}

/// Finds what probes that were killed left on the server.
fn leftovers(server: Option<&Refs>) -> Vec<RefName> {
    let names = server.into_iter().flat_map(|s| s.objects.keys());
    names.filter(|n| probe::NAMESPACES.iter().any(|space| n.as_str().starts_with(space))).cloned().collect()
}

/// Counts what the server has and the clone lacks, of all that was to be read.
fn behind<'a>(past: &Past, branches: impl Iterator<Item = &'a Known>) -> usize {
    let Some(server) = &past.server else { return 0 };
    let stale = branches.filter(|b| b.ids.first().is_some_and(|id| past.commits.find(id).is_none())).count();
    let here: BTreeSet<&RefName> = past.refs.iter().map(|r| &r.name).collect();
    let tags = server.objects.keys().filter(|n| n.as_str().starts_with("refs/tags/") && !here.contains(n));
    stale + tags.count()
}
