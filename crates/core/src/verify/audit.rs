//! Reads a chain as an auditor does.

use crate::Entry;
use crate::ledger::actor::Proof;
use crate::ledger::entry::{Body, Link};
use crate::ledger::event::Event;
use crate::ledger::signature::Signed;
use crate::project::trust::{Identity, Ignored, Level};
use crate::project::{Candidate, Fold, Project, Rc, Release};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use crate::verify::claim::Claim;
use crate::verify::plan::Plan;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most irregular entries that are listed.
const LISTED: usize = 100;

/// A release on record, with what led to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AuditedRelease {
    /// What was released.
    pub version: Version,
    /// As the record has it.
    pub release: Release,
    /// Its rcs.
    pub rcs: Vec<Rc>,
    /// Who said what of its commit: approvals and waivers.
    pub voices: Vec<(String, Identity)>,
    /// Its plan.
    pub plan: Box<Plan>,
    /// What was found before that cannot change any more.
    pub sealed: Option<Vec<Claim>>,
}

/// Reads a chain as an auditor does: nothing is believed, and irregularities are collected.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Audit {
    /// All that the entries say.
    pub project: Project,
    /// Entries whose commit has a good signature.
    pub recorded: u64,
    /// Entries with a statement that counts.
    pub stated: u64,
    /// Signatures that are claimed and not there, or there and not good.
    pub forged: Vec<Ignored>,
    /// All releases of this chain, in order.
    #[serde(rename = "told")]
    pub releases: Vec<AuditedRelease>,
    /// Stable, as the first cut saw it: what was released before is not on record.
    pub began: Option<CommitId>,
    plans: Vec<Plan>,
    /// Where the policy of each candidate was read from.
    policies: BTreeMap<Version, CommitId>,
    #[serde(skip)]
    fold: Option<Fold>,
}

impl Audit {
    /// Takes the next link.
    pub fn add(&mut self, link: &Link) {
        let mut fold = self.fold.take().unwrap_or_else(|| Fold::onto(std::mem::take(&mut self.project)));
        let entry = match &link.body {
            Body::Entry(entry) => Some(&**entry),
            Body::Void(_) => None,
        };
        let before = entry.map(|entry| self.note(fold.project(), entry)).unwrap_or_default();
        let level = fold.add(link);
        if let Some(entry) = entry {
            self.count(link, entry, &level);
            self.follow(fold.project(), link, entry, level, before);
        }
        self.fold = Some(fold);
    }

    /// Ends the reading; or, where a later entry strikes an earlier one, gives an audit that knows of it and
    /// wants all links once more.
    pub fn finish(mut self) -> Result<Self, Box<Self>> {
        match self.fold.take().map(Fold::finish) {
            None => Ok(self),
            Some(Ok(project)) => Ok(Self { project, ..self }),
            Some(Err(again)) => Err(Box::new(Self { fold: Some(again), ..Self::default() })),
        }
    }

    /// Keeps the record before a promotion is planned or its refs move.
    #[expect(clippy::wildcard_enum_match_arm, reason = "two kinds of many matter here")]
    fn note(&self, project: &Project, entry: &Entry) -> Vec<(Version, Project)> {
        let versions = entry.events.iter().filter_map(|event| match event {
            Event::PromotionPlanned(plan) => Some(plan.version),
            Event::PromotionMoving { operation } => {
                self.plans.iter().find(|p| p.operation.id == *operation).map(|p| p.operation.version)
            }
            _ => None,
        });
        versions.map(|version| (version, excerpt(project, version))).collect()
    }

    fn count(&mut self, link: &Link, entry: &Entry, level: &Level) {
        let good = match level {
            Level::Recorded(_) => true,
            Level::Claimed | Level::Stated(_) => link.signed.as_ref().is_some_and(|s| s.signer().is_some()),
        };
        self.recorded += u64::from(good);
        self.stated += u64::from(matches!(level, Level::Stated(_)));
        let why = match (good, &link.signed) {
            (false, Some(_)) => "its commit's signature is not valid",
            (false, None) if entry.by.proof == Proof::Signed => "it says that it is signed, and is not",
            (true, _) | (false, None) => return,
        };
        if self.forged.len() < LISTED {
            self.forged.push(Ignored { entry: link.commit.clone(), why: why.into() });
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "an auditor follows promotions alone")]
    fn follow(
        &mut self,
        project: &Project,
        link: &Link,
        entry: &Entry,
        level: Level,
        mut before: Vec<(Version, Project)>,
    ) {
        let mut record_before = |version: Version| {
            before.iter().position(|(v, _)| *v == version).map(|n| before.swap_remove(n).1)
        };
        for event in &entry.events {
            match event {
                Event::CandidateCut(cut) => {
                    self.began.get_or_insert_with(|| cut.stable.clone());
                    let open = project.candidates.get(&cut.version).is_some_and(|c| c.cut == **cut);
                    if open {
                        // A hotfix leaves stable, and is judged by the policy on develop.
                        let seen = entry.facts.as_ref().and_then(|facts| facts["develop"].as_str());
                        let develop = seen.and_then(|id| CommitId::parse(id).ok());
                        let from = if cut.kind.is_regular() { Some(cut.from.clone()) } else { develop };
                        from.map(|from| self.policies.insert(cut.version, from));
                    }
                }
                Event::PolicyAdopted { version, digest, from, .. }
                    if project.candidates.get(version).is_some_and(|c| c.cut.digest == *digest) =>
                {
                    self.policies.insert(*version, from.clone());
                }
                Event::PromotionPlanned(plan) => {
                    let in_flight = project.candidates.get(&plan.version).and_then(|c| c.operation.as_ref());
                    if let Some(before) = record_before(plan.version)
                        && in_flight.is_some_and(|flight| flight.plan == **plan)
                    {
                        self.plans.retain(|p| p.operation.version != plan.version);
                        self.plans.push(Plan {
                            entry: link.commit.clone(),
                            id: entry.id.clone(),
                            at: project.at,
                            by: entry.by.clone(),
                            level: proven(link, &level, project),
                            operation: (**plan).clone(),
                            recorded: entry.facts.clone().and_then(|f| serde_json::from_value(f).ok()),
                            policy_from: self.policies.get(&plan.version).cloned(),
                            before,
                            moved: None,
                        });
                    }
                }
                Event::PromotionMoving { operation } => {
                    if let Some(plan) = self.plans.iter_mut().find(|p| p.operation.id == *operation) {
                        plan.moved = record_before(plan.operation.version).map(|record| (record, project.at));
                    }
                }
                Event::PromotionContinued { operation, develop: Some(develop) } => {
                    if let Some(plan) = self.plans.iter_mut().find(|p| p.operation.id == *operation) {
                        plan.operation.new_develop.clone_from(develop);
                    }
                }
                Event::ReleaseConfirmed { operation, version, .. } => {
                    let Some(release) = project.releases.get(version).filter(|r| r.operation == *operation)
                    else {
                        continue;
                    };
                    if let Some(n) = self.plans.iter().position(|p| p.operation.id == *operation) {
                        let plan = Box::new(self.plans.remove(n));
                        let (rcs, voices) = plan.candidate().map(rcs_and_voices).unwrap_or_default();
                        let release = release.clone();
                        self.releases.push(AuditedRelease {
                            version: *version,
                            release,
                            rcs,
                            voices,
                            plan,
                            sealed: None,
                        });
                    }
                }
                _ => {}
            }
        }
    }
}

/// Gives the level of an entry that nobody states, whose signature the fold had no reason to look at.
fn proven(link: &Link, level: &Level, project: &Project) -> Level {
    match link.signed.as_ref().and_then(Signed::signer) {
        Some(key) if *level == Level::Claimed => Level::Recorded(project.roster.know(key)),
        Some(_) | None => level.clone(),
    }
}

/// Gives a candidate's rcs, and who approved and waived for its commit.
fn rcs_and_voices(candidate: &Candidate) -> (Vec<Rc>, Vec<(String, Identity)>) {
    let commit = candidate.commit();
    let approvals = candidate.approvals.iter().filter(|a| a.commit == *commit);
    let waivers = candidate.waivers.iter().filter(|w| w.commit == *commit);
    let approvals = approvals.map(|a| ("approved".to_owned(), a.by.clone()));
    let waivers =
        waivers.map(|w| (format!("waived {}", crate::types::text::short(&w.gate, 20)), w.by.clone()));
    (candidate.rcs.clone(), approvals.chain(waivers).collect())
}

/// Reduces a record to what a candidate is judged by.
fn excerpt(project: &Project, version: Version) -> Project {
    let candidate = project.candidates.get(&version);
    let commit = candidate.map(Candidate::commit);
    let results = commit.and_then(|commit| Some((commit.clone(), project.checks.get(commit)?.clone())));
    Project {
        root: project.root.clone(),
        head: project.head.clone(),
        at: project.at,
        latest_claim: project.latest_claim.clone(),
        candidates: candidate.map(|c| (version, c.clone())).into_iter().collect(),
        freezes: project.freezes.clone(),
        checks: results.into_iter().collect(),
        experiments: commit.map(|commit| project.experiments.only(commit)).unwrap_or_default(),
        accepted: project.accepted.clone(),
        releases: project.releases.last_key_value().map(|(v, r)| (*v, r.clone())).into_iter().collect(),
        needs: project.needs,
        troubles: project.troubles.clone(),
        moved_to: project.moved_to.clone(),
        ..Project::default()
    }
}
