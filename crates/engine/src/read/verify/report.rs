//! `verify`: every release on record against the chain, the objects and the refs. Fetches, and writes nothing.

use crate::look::facts::authors;
use crate::look::observe::PLACES;
use crate::look::trial_merges::{self, Trial};
use crate::{Engine, Fault, FaultKind, Snapshot};
use allclear_core::event::{Actor, Operation};
use allclear_core::ledger::{self, TRAILER};
use allclear_core::policy::{self, Policy};
use allclear_core::port::{Graph, Refs};
use allclear_core::project::{Candidate, Project, Rc};
use allclear_core::signers::Founding;
use allclear_core::text::{list, plain};
use allclear_core::trust::{Ignored, Level, Voice};
use allclear_core::verify::{Audit, Claim, RecordedGate, Shown, Told, Truth};
use allclear_core::{CommitId, RULES, RefName, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashSet};

/// What became of a record that was looked into.
#[derive(Debug, Clone, PartialEq)]
pub struct Verification {
    /// The ledger's first entry.
    pub root: CommitId,
    /// Its last one.
    pub head: CommitId,
    /// Whether somebody named the root beforehand.
    pub pinned: bool,
    /// How many entries it has.
    pub entries: u64,
    /// How many of them had not been looked into before.
    pub new: u64,
    /// How many carry a good signature of their recorder.
    pub recorded: u64,
    /// How many carry a statement that counts.
    pub stated: u64,
    /// What the record is as a whole.
    pub claims: Vec<Claim>,
    /// The releases, newest first.
    pub releases: Vec<ReleaseTruth>,
    /// What a person should know besides, a sentence each.
    pub notes: Vec<String>,
}

/// What became of one release.
#[derive(Debug, Clone, PartialEq)]
pub struct ReleaseTruth {
    /// Its version.
    pub version: Version,
    /// Its tag.
    pub tag: String,
    /// When it was confirmed; `None` where it is not on record.
    pub at: Option<Timestamp>,
    /// Who planned it, and how far that is proven.
    pub by: Option<(Actor, Level)>,
    /// What each gate found then, as the record has it.
    pub gates: Vec<RecordedGate>,
    /// Who approved and waived.
    pub voices: Vec<(String, Voice)>,
    /// Everything that was looked into.
    pub claims: Vec<Claim>,
}

impl ReleaseTruth {
    /// Gives the worst of its claims.
    pub fn truth(&self) -> &Truth {
        self.claims.iter().map(|claim| &claim.truth).max().unwrap_or(&Truth::Holds)
    }
}

impl Verification {
    /// Gives everything that was looked into.
    pub fn all(&self) -> impl Iterator<Item = &Truth> {
        self.claims.iter().map(|claim| &claim.truth).chain(self.releases.iter().map(ReleaseTruth::truth))
    }
}

/// What is remembered of an audit.
#[derive(Serialize, Deserialize)]
struct Audited {
    rules: u32,
    audit: Audit,
}

impl Engine<'_> {
    /// Looks into every release on record. `root` is the id that the reader was told by somebody they trust.
    pub fn verify(&self, root: Option<&CommitId>) -> Result<Verification, Fault> {
        let first_look = self.first_audit()?;
        let snapshot = self.observe()?;
        let Some((first, head)) = snapshot.project.root.clone().zip(snapshot.project.head.clone()) else {
            return Err(Fault::new(
                FaultKind::Usage,
                "this project has no ledger yet: there is nothing to verify",
            )
            .hint("allclear cut --yes starts it"));
        };
        let (mut audit, new) = match first_look {
            Some((audit, new)) if audit.project.head.as_ref() == Some(&head) => (audit, new),
            Some(_) | None => self.audit(&head)?,
        };
        self.seal(&mut audit)?;
        self.keep_audit(&mut audit);
        let mut claims: Vec<Claim> = root
            .map(|pinned| {
                let why = || format!("the ledger begins at {first}, not at {pinned}: it is another record");
                Claim::new("root", Truth::when(*pinned == first, why))
            })
            .into_iter()
            .collect();
        claims.extend(chain(&snapshot));
        let releases = self.releases(&snapshot, &audit);
        Ok(Verification {
            pinned: root.is_some(),
            root: first,
            head,
            entries: audit.project.entries,
            new,
            recorded: audit.recorded,
            stated: audit.stated,
            claims,
            releases,
            notes: notes(&audit, snapshot.facts.record.place.as_ref().map(|p| (p, self.protects(p)))),
        })
    }

    /// Audits before anything else, and lets the look that follows go on from there: no signature is
    /// verified twice.
    fn first_audit(&self) -> Result<Option<(Audit, u64)>, Fault> {
        let refs = self.repo.observe()?;
        let places = PLACES.iter().filter_map(|place| RefName::from_git(place));
        let Some(head) = places.into_iter().find_map(|place| refs.get(&place).cloned()) else {
            return Ok(None);
        };
        // What is wrong with the objects is for the look itself to say, and to heal.
        let Ok((audit, new)) = self.audit(&head) else { return Ok(None) };
        if new > 0 {
            self.keep_fold(&audit.project);
        }
        Ok(Some((audit, new)))
    }

    /// Reads the chain as an auditor, from where the last audit ended.
    fn audit(&self, head: &CommitId) -> Result<(Audit, u64), Fault> {
        let remembered = self.repo.recall("audit").and_then(|b| serde_json::from_slice::<Audited>(&b).ok());
        let mut audit = remembered.filter(|a| a.rules == RULES).map(|a| a.audit).unwrap_or_default();
        let mut known = audit.project.head.clone();
        if known.as_ref() == Some(head) {
            return Ok((audit, 0));
        }
        loop {
            let before = if known.is_some() { audit.project.entries } else { 0 };
            let mut follows = known.is_none().then_some(true);
            let read = self.repo.entries(head, known.as_ref(), &mut |raw| {
                if *follows.get_or_insert_with(|| raw.parents.first() == known.as_ref()) {
                    audit.add(&ledger::read(raw));
                }
            });
            if known.is_some() && (read.is_err() || follows != Some(true)) {
                (audit, known) = (Audit::default(), None);
                continue;
            }
            read?;
            match audit.finish() {
                Ok(audit) => {
                    let new = audit.project.entries - before;
                    return Ok((audit, new));
                }
                Err(again) => (audit, known) = (*again, None),
            }
        }
    }

    /// Remembers an audit. What could not be checked is looked into again, so its plan is kept.
    fn keep_audit(&self, audit: &mut Audit) {
        let found: Vec<Option<Vec<Claim>>> = audit.told.iter().map(|told| told.sealed.clone()).collect();
        for told in &mut audit.told {
            let unsure = |claim: &Claim| matches!(claim.truth, Truth::CannotBeChecked(_));
            if told.sealed.iter().flatten().any(unsure) {
                told.sealed = None;
            } else {
                told.plan.shed();
            }
        }
        let audited = Audited { rules: RULES, audit: std::mem::take(audit) };
        if let Ok(bytes) = serde_json::to_vec(&audited) {
            self.repo.remember("audit", &bytes);
        }
        *audit = audited.audit;
        audit.told.iter_mut().zip(found).for_each(|(told, found)| told.sealed = found);
    }

    /// Looks into what objects prove and nothing can change any more.
    fn seal(&self, audit: &mut Audit) -> Result<(), Fault> {
        let open: Vec<usize> = (0..audit.told.len()).filter(|n| audit.told[*n].sealed.is_none()).collect();
        let evidence = self.evidence(open.iter().map(|n| &audit.told[*n]))?;
        for n in open {
            let claims = self.claims(&audit.told[n], &evidence, &audit.project.tag_entries)?;
            audit.told[n].sealed = Some(claims);
        }
        Ok(())
    }

    /// Fetches in a few processes what all releases ask for.
    fn evidence<'a>(&self, told: impl Iterator<Item = &'a Told> + Clone) -> Result<Evidence, Fault> {
        let mut commits: Vec<CommitId> = Vec::new();
        let mut tags: Vec<CommitId> = Vec::new();
        for told in told {
            commits.extend(told.plan.policy_from.clone());
            commits.push(told.plan.operation.old_develop.clone());
            tags.push(told.release.object.clone());
            tags.extend(told.rcs.iter().map(|rc| rc.object.clone()));
        }
        let files = self.repo.file_of_each(&commits, crate::POLICY_FILE)?;
        let read = |text: Option<String>| policy::read(&text?).ok().map(|effective| effective.policy);
        let policies = commits.into_iter().zip(files.into_iter().map(read));
        let policies = policies.filter_map(|(id, policy)| Some((id, policy?))).collect();
        let texts = self.repo.objects(&tags)?;
        Ok(Evidence { policies, tags: tags.into_iter().zip(texts).collect() })
    }

    fn claims(
        &self,
        told: &Told,
        evidence: &Evidence,
        entries: &std::collections::BTreeSet<String>,
    ) -> Result<Vec<Claim>, Fault> {
        let (plan, op) = (&told.plan, &told.plan.operation);
        let policy = |id: &CommitId| evidence.policies.get(id);
        let mut claims = plan.claims(plan.policy_from.as_ref().and_then(policy));
        let objects = match plan.candidate() {
            Some(candidate) => self.shown(op, plan.before(), candidate, plan.policy_from.as_ref())?,
            None => Err("no cut is on record".into()),
        };
        let shown = objects.as_ref().ok().map(|(_, shown)| shown);
        claims.extend(plan.judge(shown, policy(&op.old_develop)));
        match &objects {
            Ok((graph, shown)) => claims.extend(self.made(told, graph, shown)?),
            Err(why) => claims.push(Claim::new("objects", Truth::CannotBeChecked(why.clone()))),
        }
        let trial = plan.candidate().and_then(|candidate| {
            plan.before().experiments.of(&op.commit, candidate.cut.policy.trust)?.trial
        });
        if let Some(trial) = trial {
            claims.push(Claim::new("experiment", self.table_holds(trial)?));
        }
        let text = evidence.tags.get(&told.release.object).map_or("", String::as_str);
        claims
            .push(Claim::new("tag object", tag(text, &told.release.tag, &op.new_stable, |id| id == plan.id)));
        let rcs = told.rcs.iter().map(|rc| {
            let text = evidence.tags.get(&rc.object).map_or("", String::as_str);
            tag(text, &rc.tag, &rc.commit, |id| entries.contains(id))
        });
        claims.push(Claim::new("rc tags", rcs.max().unwrap_or(Truth::Holds)));
        Ok(claims)
    }

    /// Looks at a release's objects again as the plan did; or says which of them are not here.
    fn shown(
        &self,
        op: &Operation,
        record: &Project,
        candidate: &Candidate,
        policy: Option<&CommitId>,
    ) -> Result<Result<(Graph, Shown), String>, Fault> {
        let cut = &candidate.cut;
        let mut tips = vec![
            &op.old_stable,
            &op.old_develop,
            &op.commit,
            candidate.commit(),
            &cut.head,
            &cut.from,
            &op.new_stable,
            &op.new_develop,
        ];
        tips.extend(policy);
        let tips: Vec<CommitId> = tips.into_iter().cloned().collect();
        // A history with holes cannot be walked at all.
        let Ok(graph) = self.repo.graph(&tips) else {
            return Ok(Err("the history around it is not whole here".into()));
        };
        if let Some(absent) = graph.absent.iter().next() {
            return Ok(Err(format!("{} is not here", absent.short())));
        }
        let without = [&cut.head, &op.old_stable];
        let ids = graph.only(&op.commit, &without);
        let develop = Some(&op.old_develop);
        let commits = self.classed(&ids, &graph, record, candidate, (Some(&op.old_stable), develop))?;
        let merged = self.repo.merge(&[(op.old_develop.clone(), op.commit.clone())])?;
        let trial = Trial {
            base: &cut.from,
            ours: &op.old_develop,
            theirs: &op.commit,
            files: &cut.version_files,
            changelog: cut.policy.changelog_file.as_deref(),
            version: op.version,
        };
        let shown = Shown {
            commits,
            authors: authors(&graph, &op.commit, Some(&op.old_stable), &self.mailmap(develop)?),
            lacks_stable: graph.only(&op.old_stable, &[&op.commit]).len(),
            descends: graph.contains(&op.commit, candidate.commit()),
            merge_back: trial_merges::outcome(self.repo, merged.first().and_then(Option::as_ref), &trial)?,
        };
        Ok(Ok((graph, shown)))
    }

    /// Looks at what the promotion made: what was soaked is what was released, and develop has it.
    fn made(&self, told: &Told, graph: &Graph, shown: &Shown) -> Result<Vec<Claim>, Fault> {
        let op = &told.plan.operation;
        let trees = self.repo.trees(&[op.new_stable.clone(), op.commit.clone(), op.new_develop.clone()])?;
        let [stable, soaked, develop] = &trees[..] else { return Ok(Vec::new()) };
        let parents =
            |id: &CommitId| graph.commits.get(id).map(|info| info.parents.clone()).unwrap_or_default();
        let made = op.new_stable == op.commit
            || parents(&op.new_stable) == [op.old_stable.clone(), op.commit.clone()];
        let released = Truth::when(made && stable == soaked, || {
            format!(
                "{} is not {} merged into stable, and nothing else",
                op.new_stable.short(),
                op.commit.short()
            )
        });
        let has = graph.contains(&op.new_develop, &op.new_stable);
        let as_planned = parents(&op.new_develop) == [op.old_develop.clone(), op.new_stable.clone()];
        let recorded = told.plan.recorded.as_ref().and_then(|facts| facts.merge_back.as_ref());
        let tree = trial_merges::tree(&shown.merge_back);
        let back = if !has {
            Truth::DoesNotHold(format!("{} does not contain the release", op.new_develop.short()))
        } else if !as_planned || tree == Some(develop) {
            Truth::Holds
        } else if recorded.and_then(trial_merges::tree) == Some(develop) {
            Truth::CannotBeChecked("this git merges it otherwise than the one that made it".into())
        } else {
            Truth::DoesNotHold(format!("{} has changes that no merge makes", op.new_develop.short()))
        };
        let cut = told.plan.candidate().map(|c| &c.cut);
        let branch =
            |regular: bool| if regular { ("develop", &op.old_develop) } else { ("stable", &op.old_stable) };
        let sources = [told.plan.policy_from.as_ref().map(|from| (from, branch(true)))];
        let sources = sources.into_iter().chain([cut.map(|cut| (&cut.from, branch(cut.kind.is_regular())))]);
        let foreign = sources.flatten().find(|(from, (_, tip))| !graph.contains(tip, from));
        let origin = foreign.map_or(Truth::Holds, |(from, (name, _))| {
            Truth::DoesNotHold(format!("it comes from {}, which {name} did not have", from.short()))
        });
        Ok(vec![
            Claim::new("origin", origin),
            Claim::new("release commit", released),
            Claim::new("merge-back", back),
        ])
    }

    /// Puts beside the sealed claims what the refs show now, and adds the releases that are not on record.
    fn releases(&self, snapshot: &Snapshot, audit: &Audit) -> Vec<ReleaseTruth> {
        let (refs, facts) = (&snapshot.refs, &snapshot.facts);
        let branches = [facts.stable.clone(), facts.develop.clone()];
        let mut tips: Vec<CommitId> = branches.iter().flatten().chain(&audit.began).cloned().collect();
        tips.extend(audit.told.iter().map(|told| told.release.stable.clone()));
        let graph = self.repo.graph(&tips).ok();
        let reach = Reach::of(graph.as_ref(), &branches);
        let mut releases: Vec<ReleaseTruth> = audit
            .told
            .iter()
            .map(|told| {
                let release = &told.release;
                let mut claims = vec![
                    Claim::new("tag", published(refs, &release.tag, &release.object)),
                    Claim::new("stable", reach.has(0, &release.stable)),
                    Claim::new("develop", reach.has(1, &release.stable)),
                    Claim::new("published rcs", rcs(refs, &told.rcs)),
                ];
                claims.extend(told.sealed.clone().unwrap_or_default());
                ReleaseTruth {
                    version: told.version,
                    tag: release.tag.clone(),
                    at: Some(release.at),
                    by: Some((told.plan.by.clone(), told.plan.level.clone())),
                    gates: told.plan.recorded.as_ref().map(|f| f.gates.clone()).unwrap_or_default(),
                    voices: told.voices.clone(),
                    claims,
                }
            })
            .collect();
        let told: HashSet<Version> = audit.told.iter().map(|told| told.version).collect();
        for (version, commit) in facts.released.iter().filter(|(version, _)| !told.contains(version)) {
            let truth = if reach.came_later(commit, audit.began.as_ref()) {
                Truth::DoesNotHold("it is on stable and not on record: another hand released it".into())
            } else {
                Truth::CannotBeChecked("before the record".into())
            };
            releases.push(ReleaseTruth {
                version: *version,
                tag: facts.tags.release(*version),
                at: None,
                by: None,
                gates: Vec::new(),
                voices: Vec::new(),
                claims: vec![Claim::new("record", truth)],
            });
        }
        releases.sort_by_key(|release| std::cmp::Reverse(release.version));
        releases
    }
}

/// What all releases ask for, fetched at once.
struct Evidence {
    policies: BTreeMap<CommitId, Policy>,
    tags: BTreeMap<CommitId, String>,
}

/// What stable and develop have, found once for all releases.
struct Reach<'a> {
    graph: Option<&'a Graph>,
    branches: Vec<Option<(CommitId, HashSet<CommitId>)>>,
}

impl<'a> Reach<'a> {
    fn of(graph: Option<&'a Graph>, branches: &[Option<CommitId>]) -> Self {
        let all = |tip: &CommitId| Some((tip.clone(), graph?.only(tip, &[]).into_iter().collect()));
        Self { graph, branches: branches.iter().map(|tip| all(tip.as_ref()?)).collect() }
    }

    /// Tells whether stable (0) or develop (1) has a commit.
    fn has(&self, branch: usize, commit: &CommitId) -> Truth {
        let name = ["stable", "develop"][branch];
        match (self.graph, &self.branches[branch]) {
            (Some(graph), Some((tip, all))) => {
                // What is not above the common ancestors of all tips is one of them, or is not here.
                let common = !graph.commits.contains_key(commit) && !graph.absent.contains(commit);
                Truth::when(tip == commit || common || all.contains(commit), || {
                    format!("{name} ({}) does not contain {}", tip.short(), commit.short())
                })
            }
            (Some(_), None) => Truth::DoesNotHold(format!("{name} is gone from the server")),
            (None, _) => Truth::CannotBeChecked("the history is not whole here".into()),
        }
    }

    /// Tells whether a commit came to stable after the first cut saw it.
    fn came_later(&self, commit: &CommitId, began: Option<&CommitId>) -> bool {
        let (Some(graph), Some(began), Some((_, stable))) = (self.graph, began, &self.branches[0]) else {
            return false;
        };
        stable.contains(commit) && !graph.contains(began, commit)
    }
}

/// Says what a tag's object proves: its name, its commit, and the entry that it was pushed with.
fn tag(text: &str, name: &str, commit: &CommitId, is_entry: impl Fn(&str) -> bool) -> Truth {
    if text.is_empty() {
        return Truth::CannotBeChecked(format!("the tag {}, as it was published, is not here", plain(name)));
    }
    let line = |key: &str| text.lines().find_map(|l| l.strip_prefix(key)).unwrap_or_default();
    let named = text.lines().rev().find_map(|l| l.strip_prefix(TRAILER)?.strip_prefix(": "));
    if line("object ") != commit.as_str() || line("tag ") != name {
        Truth::DoesNotHold(format!("the tag {} is not of {}", plain(name), commit.short()))
    } else if !named.is_some_and(|id| is_entry(id.trim())) {
        Truth::DoesNotHold(format!("the tag {} does not name the entry it came with", plain(name)))
    } else {
        Truth::Holds
    }
}

/// Says whether a tag still is what was published.
fn published(refs: &Refs, tag: &str, object: &CommitId) -> Truth {
    match refs.get(&RefName::tag(tag)) {
        Some(now) if now == object => Truth::Holds,
        Some(now) => Truth::DoesNotHold(format!(
            "{} is at {} now; it was published as {}",
            plain(tag),
            now.short(),
            object.short()
        )),
        None => Truth::DoesNotHold(format!("{} is gone from the server", plain(tag))),
    }
}

/// Says whether the tags of rcs still are what was published. One that people tidied away proves nothing.
fn rcs(refs: &Refs, rcs: &[Rc]) -> Truth {
    let each = rcs.iter().map(|rc| match refs.get(&RefName::tag(&rc.tag)) {
        None => Truth::CannotBeChecked(format!("{} was deleted", plain(&rc.tag))),
        Some(_) => published(refs, &rc.tag, &rc.object),
    });
    each.max().unwrap_or(Truth::Holds)
}

/// Says what the record is as a whole.
fn chain(snapshot: &Snapshot) -> Vec<Claim> {
    let (project, record) = (&snapshot.project, &snapshot.facts.record);
    let trouble =
        project.troubles.first().map(|t| format!("entry {} cannot be used: {}", t.entry.short(), t.what));
    let rewound = record.rewound.as_ref().map(|r| format!("it was cut short: {}", r.why));
    let second = record.second.as_ref().map(|place| format!("there is a second ledger at {place}"));
    let truth = |why: Option<String>| why.map_or(Truth::Holds, Truth::DoesNotHold);
    vec![
        Claim::new("entries", truth(trouble)),
        Claim::new("completeness", truth(rewound)),
        Claim::new("place", truth(second)),
    ]
}

/// Says what proves less than it seems to.
fn notes(audit: &Audit, place: Option<(&RefName, Option<bool>)>) -> Vec<String> {
    let project = &audit.project;
    let mut notes = Vec::new();
    if let Some(Founding::Claim(entry)) = &project.roster.founded {
        notes.push(format!(
            "the signers were named first at entry {} by a claim, not by the root",
            entry.short()
        ));
    }
    for proposal in &project.roster.proposals {
        let by = project.roster.admins(&proposal.by);
        let by = if by.is_empty() {
            "no admin".into()
        } else {
            list(&by.iter().map(|n| plain(n)).collect::<Vec<_>>())
        };
        notes.push(format!(
            "entry {} proposes other signers and is not in force: stated by {by}",
            proposal.entry.short()
        ));
    }
    if !project.struck.is_empty() {
        let ids: Vec<&str> = project.struck.iter().take(10).map(CommitId::short).collect();
        notes.push(format!(
            "{} struck: {}",
            match project.struck.len() {
                1 => "1 entry was".to_owned(),
                n => format!("{n} entries were"),
            },
            list(&ids)
        ));
    }
    let odd = |ignored: &Ignored| format!("entry {}: {}", ignored.entry.short(), plain(&ignored.why));
    notes.extend(audit.forged.iter().chain(&project.ignored).map(odd));
    match place {
        None | Some((_, Some(true))) => {}
        Some((place, Some(false))) => {
            notes.push(format!("{place} is unprotected: a rewind is detected, not prevented"));
        }
        Some((place, None)) => notes.push(format!(
            "whether the server guards {place} is not known: allclear doctor --probe-push finds out"
        )),
    }
    notes
}
