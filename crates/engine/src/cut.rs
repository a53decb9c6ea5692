//! Cuts a candidate from develop: branch, first rc and ledger entry in one atomic push.

use crate::rc::free;
use crate::{Engine, Fault, FaultKind, Snapshot};
use allclear_core::bump::{self, Change, Taken};
use allclear_core::changelog::MADE_AT_THE_CUT;
use allclear_core::ecosystem::version_file::{self, VersionFile};
use allclear_core::event::{Cut, CutKind, Event};
use allclear_core::policy::{Policy, WhenBusy, digest};
use allclear_core::port::{NewCommit, RefUpdate};
use allclear_core::{CommitId, Version};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What a cut shall be.
#[derive(Debug, Clone, Default)]
pub struct CutWish {
    /// The version; `None` chooses it from what changed.
    pub version: Option<Version>,
    /// The slot it takes; `None` for a cut by hand.
    pub slot: Option<Timestamp>,
    /// Whether a ledger may be created: a person said so.
    pub may_found: bool,
}

/// What a cut is going to be.
#[derive(Debug, Clone)]
pub struct CutPlan {
    /// All that goes on record.
    pub cut: Cut,
    /// The first rc's tag.
    pub tag: String,
    /// The files that the version commit changes; empty where there is none.
    pub changed: Vec<String>,
    /// How many commits of stable it lacks; zero is right.
    pub lacks_stable: usize,
    /// The refs that it makes.
    pub refs: Vec<RefUpdate>,
}

impl Engine<'_> {
    /// Cuts a candidate.
    pub fn cut(&self, wish: &CutWish) -> Result<CutPlan, Fault> {
        self.decide(|snapshot| {
            if snapshot.project.head.is_none() && !wish.may_found {
                return Err(Fault::new(
                    FaultKind::Usage,
                    "this project has no ledger yet, and a person starts it",
                )
                .hint("allclear cut --yes"));
            }
            let mut draft = self.draft(Vec::new());
            let (plan, tagged) = self.plan_cut(snapshot, wish, &draft.id)?;
            if snapshot.project.head.is_none() {
                let name = snapshot.policy.get().and_then(|p| p.name.clone());
                let develop = Some(plan.cut.policy.branches.develop.clone());
                draft.events.push(Event::LedgerStarted {
                    project: name.unwrap_or_default(),
                    develop,
                    signers: Vec::new(),
                    threshold: None,
                });
            }
            draft.events.push(Event::CandidateCut(Box::new(plan.cut.clone())));
            draft.events.push(tagged);
            draft.refs.clone_from(&plan.refs);
            draft.facts = Some(serde_json::json!({
                "stable": plan.cut.stable, "develop": plan.cut.from, "rules": allclear_core::RULES,
                "highest": snapshot.facts.released.last_key_value().map(|(v, _)| v),
            }));
            Ok((draft, plan))
        })
    }

    /// Says what a cut would be. Changes nothing on the server.
    pub fn cut_dry(&self, wish: &CutWish) -> Result<CutPlan, Fault> {
        let snapshot = self.observe()?;
        snapshot.may_decide(self.clock.now())?;
        Ok(self.plan_cut(&snapshot, wish, &self.clock.fresh_id())?.0)
    }

    fn plan_cut(&self, snapshot: &Snapshot, wish: &CutWish, entry: &str) -> Result<(CutPlan, Event), Fault> {
        let (policy, _) = snapshot.policy()?;
        // A wrong version is the caller's own mistake, and is said before anything else.
        if let Some(wanted) = wish.version {
            bump::check(wanted, &taken(snapshot)).map_err(|e| Fault::new(FaultKind::Usage, e.to_string()))?;
        }
        self.may_cut(snapshot, policy, wish)?;
        let branches = &policy.branches;
        let stable = snapshot.facts.stable.clone().ok_or_else(|| missing(&branches.stable))?;
        let from = snapshot.facts.develop.clone().ok_or_else(|| missing(&branches.develop))?;
        let choice = self.choose(snapshot, policy, wish.version, &stable, &from)?;
        let version = choice.version;
        let branch = branches.candidate.branch(version);
        free(&snapshot.refs, &branch.to_ref())?;
        let tags = snapshot.facts.tags.clone();
        free(&snapshot.refs, &allclear_core::RefName::tag(&tags.release(version)))?;
        let (head, files, changed) = self.version_commit(snapshot, policy, version, &from)?;
        let cut = Cut {
            version,
            branch: branch.clone(),
            slot: wish.slot,
            kind: CutKind::Regular,
            reason: None,
            from: from.clone(),
            head: head.clone(),
            stable,
            bump: choice.bump,
            reasons: choice.reasons,
            tags: tags.clone(),
            version_files: files,
            policy: policy.clone(),
            digest: digest(policy),
        };
        let (event, tag) = self.tagged(&snapshot.refs, &tags, version, 1, &head, entry)?;
        let graph = self.repo.graph(&[cut.from.clone(), cut.stable.clone()])?;
        let lacks_stable = graph.only(&cut.stable, &[&cut.from]).len();
        let refs = vec![RefUpdate { name: branch.to_ref(), old: None, new: Some(head) }, tag];
        Ok((CutPlan { tag: tags.candidate(version, 1), cut, changed, lacks_stable, refs }, event))
    }

    fn may_cut(&self, snapshot: &Snapshot, policy: &Policy, wish: &CutWish) -> Result<(), Fault> {
        snapshot.may_act()?;
        let now = self.clock.now();
        if let Some((until, why)) = frozen(snapshot, policy, now) {
            return Err(Fault::new(FaultKind::Waiting, format!("cuts are frozen until {until}: {why}"))
                .hint("allclear freeze --lift, where a person set it"));
        }
        let overlap = policy.train.as_ref().is_some_and(|t| t.when_busy == WhenBusy::Overlap);
        // A hotfix holds no train up.
        let mut riding = snapshot.project.candidates.iter().filter(|(_, c)| c.cut.kind.is_regular());
        if let Some((open, _)) = riding.next().filter(|_| !overlap) {
            return Err(Fault::new(FaultKind::Blocked, format!("{open} is still open"))
                .hint(format!("release it first; allclear why {open} says what it waits for"))
                .hint(format!("or end it: allclear withdraw {open} --yes --reason TEXT"))
                .hint("or let candidates overlap: train.when-busy = \"overlap\""));
        }
        if wish.slot.is_some() && snapshot.project.slot >= wish.slot {
            return Err(Fault::new(FaultKind::Conflict, "the slot was taken by somebody else"));
        }
        if snapshot.facts.changes == 0 {
            return Err(Fault::new(
                FaultKind::Blocked,
                format!("{} has nothing that is not released or cut already", policy.branches.develop),
            ));
        }
        Ok(())
    }

    pub(crate) fn choose(
        &self,
        snapshot: &Snapshot,
        policy: &Policy,
        wanted: Option<Version>,
        stable: &CommitId,
        from: &CommitId,
    ) -> Result<bump::Choice, Fault> {
        let Taken { last, released, open, withdrawn } = taken(snapshot);
        if let Some(version) = wanted {
            return Ok(by_hand(version, last));
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

    /// Finds the manifests at the root that carry a version of their own (a bare workspace carries none).
    fn detected(&self, from: &CommitId) -> Result<Vec<VersionFile>, Fault> {
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
    pub(crate) fn version_commit(
        &self,
        snapshot: &Snapshot,
        policy: &Policy,
        version: Version,
        from: &CommitId,
    ) -> Result<(CommitId, Vec<VersionFile>, Vec<String>), Fault> {
        let files = match &policy.version.files {
            Some(files) => files.clone(),
            None => self.detected(from)?,
        };
        let mut paths: Vec<String> = files.iter().map(|f| f.path.clone()).collect();
        paths.extend(files.iter().flat_map(version_file::companions));
        let contents = if paths.is_empty() { BTreeMap::new() } else { self.repo.files(from, &paths)? };
        let mut changed: BTreeMap<String, String> =
            version_file::set(&files, &contents, version).map_err(|e| {
                Fault::new(FaultKind::Usage, e.to_string())
                    .hint("set version.files in allclear.toml to the files that carry the version")
            })?;
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
            .ok_or_else(|| Fault::new(FaultKind::TryLater, "develop's tree cannot be read"))?;
        let tree = self.repo.write_tree(Some(&base), &changed)?;
        let commit = NewCommit {
            tree,
            parents: vec![from.clone()],
            by: self.signature(self.clock.now()),
            author: None,
            message: format!(
                "{subject} {version}\n\n{MADE_AT_THE_CUT}; it changes {} and nothing else.",
                allclear_core::text::list(&changed.keys().collect::<Vec<_>>())
            ),
        };
        Ok((self.repo.write_commit(&commit)?, files, changed.into_keys().collect()))
    }
}

/// Lists the versions that are used up.
pub(crate) fn taken(snapshot: &Snapshot) -> Taken {
    let Snapshot { project, facts, .. } = snapshot;
    let released: Vec<Version> = facts.released.keys().chain(project.releases.keys()).copied().collect();
    Taken {
        last: released.iter().max().copied(),
        released,
        open: project.candidates.keys().copied().collect(),
        withdrawn: project.withdrawn.keys().copied().collect(),
    }
}

/// Gives the choice that a person made.
pub(crate) fn by_hand(version: Version, last: Option<Version>) -> bump::Choice {
    let bump = match last {
        Some(last) if version.major > last.major => allclear_core::version::Bump::Major,
        Some(last) if version.minor == last.minor => allclear_core::version::Bump::Patch,
        Some(_) | None => allclear_core::version::Bump::Minor,
    };
    bump::Choice { version, bump, reasons: vec!["given by hand".into()] }
}

pub(crate) fn missing(branch: &allclear_core::Branch) -> Fault {
    Fault::new(FaultKind::Usage, format!("there is no branch {branch} on the server"))
        .hint("push it, or name the right one in allclear.toml (branches); allclear init --create-develop makes develop")
}

/// Gives the freeze that stops cuts now: until when, and why.
pub(crate) fn frozen(snapshot: &Snapshot, policy: &Policy, now: Timestamp) -> Option<(Timestamp, String)> {
    let in_policy = policy
        .freezes
        .iter()
        .filter(|f| f.stops.cuts() && f.from <= now && f.until > now)
        .map(|f| (f.until, &f.reason));
    let on_record =
        snapshot.project.freezes_from(now).filter(|f| f.stops.cuts()).map(|f| (f.until, &f.reason));
    let (until, why) = in_policy.chain(on_record).max()?;
    Some((until, allclear_core::text::short(why, 100)))
}
