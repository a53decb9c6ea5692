//! Whether the record is true: what each release stood on, found again from the chain alone. What only
//! objects can prove is the engine's to look up; everything that is judged is judged here.

use crate::decide::assess::{CandidateAssessment, assess};
use crate::facts::{CandidateFacts, Facts, MergeBack, RecordFacts, TagSeen};
use crate::gate::MARGIN;
use crate::history::fixes::{Class, ClassedCommit};
use crate::ledger::actor::{Actor, Proof};
use crate::ledger::entry::{Body, Link};
use crate::ledger::event::{Event, Operation};
use crate::ledger::signature::Signed;
use crate::policy::{Policy, digest};
use crate::project::trust::{Ignored, Level, Voice};
use crate::project::{Candidate, Fold, Project, Rc, Release};
use crate::types::object_id::CommitId;
use crate::types::verdict::Verdict;
use crate::types::version::Version;
use crate::{Entry, Seconds};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a plan may take from its judging to its entry: the ledger's time may be two minutes ahead of
/// the writer's, and building takes its own.
const SLACK: Seconds = Seconds(240);

/// How many commits of a candidate a plan's facts name.
pub const COMMITS: usize = 300;

/// How many odd entries of a kind are listed.
const LISTED: usize = 100;

/// What became of a claim that was looked into.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "truth", content = "why", rename_all = "kebab-case")]
pub enum Truth {
    /// It is so.
    Holds,
    /// Nothing here can tell, for this reason.
    CannotBeChecked(String),
    /// It is not so.
    DoesNotHold(String),
}

impl Truth {
    /// Gives the words that people see.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::CannotBeChecked(_) => "cannot be checked",
            Self::DoesNotHold(_) => "does not hold",
        }
    }

    /// Gives the reason, where it is not simply so.
    pub fn why(&self) -> Option<&str> {
        match self {
            Self::Holds => None,
            Self::CannotBeChecked(why) | Self::DoesNotHold(why) => Some(why),
        }
    }

    /// Says that it is so, or else that it is not, and why.
    pub fn when(holds: bool, why: impl FnOnce() -> String) -> Self {
        if holds { Self::Holds } else { Self::DoesNotHold(why()) }
    }
}

/// One thing that the record says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// What it is about, one or two words.
    pub about: String,
    /// What became of it.
    #[serde(flatten)]
    pub truth: Truth,
}

impl Claim {
    /// Puts a truth beside what it is about.
    pub fn new(about: &str, truth: Truth) -> Self {
        Self { about: about.into(), truth }
    }
}

/// The facts that a promotion stood on, as its plan's entry has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recorded {
    /// When it was judged.
    pub now: Timestamp,
    /// By which rules.
    pub rules: u32,
    /// The digest of the policy.
    pub policy: String,
    /// Stable, as it was seen.
    pub stable: Option<CommitId>,
    /// Develop, as it was seen.
    pub develop: Option<CommitId>,
    /// The commit that was judged.
    pub head: Option<CommitId>,
    /// What each gate found.
    pub gates: Vec<RecordedGate>,
    /// The classed commits, newest first; absent where they are more than [`COMMITS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub commits: Option<Vec<RecordedCommit>>,
    /// The trial merge into develop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub merge_back: Option<MergeBack>,
    /// The highest version that was released before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub highest: Option<Version>,
}

/// What one gate found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedGate {
    /// Which.
    pub gate: String,
    /// Whether it counted.
    pub enforced: bool,
    /// Its verdict.
    pub verdict: Verdict,
    /// Its sentence.
    pub summary: String,
}

/// A commit and its class: no text of strangers goes into the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordedCommit {
    /// The commit.
    pub id: CommitId,
    /// Its class.
    pub class: Class,
}

impl Recorded {
    /// Gives the facts of a plan about to be made.
    pub fn of(
        candidate: &Candidate,
        facts: &Facts,
        seen: &CandidateFacts,
        found: Option<&CandidateAssessment>,
        now: Timestamp,
    ) -> Self {
        let gates = found.iter().flat_map(|c| &c.gates).map(|g| RecordedGate {
            gate: g.gate.name().into(),
            enforced: g.enforced,
            verdict: g.finding.verdict,
            summary: crate::types::text::short(&g.finding.summary, 200),
        });
        let commits = seen.commits.iter().map(|c| RecordedCommit { id: c.id.clone(), class: c.class });
        Self {
            now,
            rules: crate::ledger::entry::RULES,
            policy: candidate.cut.digest.clone(),
            stable: facts.stable.clone(),
            develop: facts.develop.clone(),
            head: found.map(|c| c.commit.clone()),
            gates: gates.collect(),
            commits: (seen.commits.len() <= COMMITS).then(|| commits.collect()),
            merge_back: Some(seen.merge_back.clone()),
            highest: facts.released.last_key_value().map(|(version, _)| *version),
        }
    }
}

/// What the objects of a release show.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// The classed commits, newest first.
    pub commits: Vec<ClassedCommit>,
    /// The authors of what it brought to stable.
    pub authors: Vec<String>,
    /// How many commits of stable it lacked.
    pub lacks_stable: usize,
    /// Whether it contains the newest rc.
    pub descends: bool,
    /// The trial merge, tried again.
    pub merge_back: MergeBack,
}

/// A promotion as the chain tells it, with what was on record when it was planned and when it moved.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The commit of the plan's entry.
    pub entry: CommitId,
    /// The entry's id, which the release tag names.
    pub id: String,
    /// When it happened.
    pub at: Timestamp,
    /// Who planned it, by their own claim.
    pub by: Actor,
    /// How far that is proven.
    pub level: Level,
    /// What was to be.
    pub operation: Operation,
    /// The facts it stood on; `None` where there are none that can be read.
    pub recorded: Option<Recorded>,
    /// Where its policy was read from: at the cut, or when it was adopted.
    pub policy_from: Option<CommitId>,
    /// The record before it, as far as it matters.
    before: Project,
    /// The record before the refs moved, and when that was.
    moved: Option<(Project, Timestamp)>,
}

/// A release on record, and its plan.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// What was released.
    pub version: Version,
    /// As the record has it.
    pub release: Release,
    /// Its rcs.
    pub rcs: Vec<Rc>,
    /// Who said what of its commit: approvals and waivers.
    pub voices: Vec<(String, Voice)>,
    /// Its plan.
    pub plan: Box<Plan>,
    /// What was found before that cannot change any more.
    pub sealed: Option<Vec<Claim>>,
}

/// Reads a chain as an auditor does: nothing is believed, and everything that is odd is kept.
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
    pub told: Vec<Told>,
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

    /// Keeps the record as it was before an entry that plans or moves.
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
            (false, Some(_)) => "its commit's signature is not good",
            (false, None) if entry.by.proof == Proof::Signed => "it says that it is signed, and is not",
            (true, _) | (false, None) => return,
        };
        if self.forged.len() < LISTED {
            self.forged.push(Ignored { entry: link.commit.clone(), why: why.into() });
        }
    }

    /// Follows candidates from their cut to their release.
    #[expect(clippy::wildcard_enum_match_arm, reason = "an auditor follows promotions alone")]
    fn follow(
        &mut self,
        project: &Project,
        link: &Link,
        entry: &Entry,
        level: Level,
        mut before: Vec<(Version, Project)>,
    ) {
        let mut kept = |version: Version| {
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
                    let flies = project.candidates.get(&plan.version).and_then(|c| c.operation.as_ref());
                    if let Some(before) = kept(plan.version)
                        && flies.is_some_and(|flight| flight.plan == **plan)
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
                        plan.moved = kept(plan.operation.version).map(|record| (record, project.at));
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
                        let (rcs, voices) = plan.candidate().map(heard).unwrap_or_default();
                        let release = release.clone();
                        self.told.push(Told { version: *version, release, rcs, voices, plan, sealed: None });
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

/// Keeps of a candidate what people want to hear of it later.
fn heard(candidate: &Candidate) -> (Vec<Rc>, Vec<(String, Voice)>) {
    let commit = candidate.commit();
    let approvals = candidate.approvals.iter().filter(|a| a.commit == *commit);
    let waivers = candidate.waivers.iter().filter(|w| w.commit == *commit);
    let approvals = approvals.map(|a| ("approved".to_owned(), a.by.clone()));
    let waivers =
        waivers.map(|w| (format!("waived {}", crate::types::text::short(&w.gate, 20)), w.by.clone()));
    (candidate.rcs.clone(), approvals.chain(waivers).collect())
}

/// Keeps of a record what a candidate is judged by.
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

impl Plan {
    /// Gives the candidate as it was planned.
    pub fn candidate(&self) -> Option<&Candidate> {
        self.before.candidates.get(&self.operation.version)
    }

    /// Gives the record before it, as far as it matters.
    pub fn before(&self) -> &Project {
        &self.before
    }

    /// Gives the digest of a policy as it is for this kind of candidate.
    fn digest(&self, policy: &Policy) -> String {
        self.candidate().map_or_else(|| digest(policy), |c| digest(&policy.of(c.cut.kind)))
    }

    /// Forgets what nobody asks again once all is found out.
    pub fn shed(&mut self) {
        (self.before, self.moved) = (Project::default(), None);
    }

    /// Looks into what the chain alone tells: the facts are about this plan, and of its time.
    pub fn claims(&self, origin: Option<&Policy>) -> Vec<Claim> {
        let op = &self.operation;
        let Some(facts) = &self.recorded else {
            return vec![Claim::new(
                "facts",
                Truth::DoesNotHold("the plan's entry names no facts that it stood on".into()),
            )];
        };
        let about = |what: &str, seen: Option<&CommitId>, planned: &CommitId| {
            (seen != Some(planned)).then(|| format!("the facts are about another {what} than the plan"))
        };
        let late = Seconds::between(facts.now, self.at);
        let wrong = about("commit", facts.head.as_ref(), &op.commit)
            .or_else(|| about("stable", facts.stable.as_ref(), &op.old_stable))
            .or_else(|| about("develop", facts.develop.as_ref(), &op.old_develop))
            .or_else(|| {
                (facts.now > self.at || late > SLACK)
                    .then(|| format!("it was judged at {} and planned at {}", facts.now, self.at))
            });
        let policy = self.candidate().map(|c| (digest(&c.cut.policy), &c.cut.digest));
        let same = policy.is_some_and(|(made, named)| made == *named && facts.policy == *named);
        let origin = match (origin, policy_digest(self)) {
            (_, None) => Truth::CannotBeChecked("no cut is on record".into()),
            (None, _) => Truth::CannotBeChecked(format!(
                "the policy's file at {} is not here, or cannot be read",
                self.policy_from.as_ref().map_or("its commit", CommitId::short)
            )),
            (Some(_), Some(named)) if !same => Truth::DoesNotHold(format!(
                "the policy on record is not the one it names ({})",
                &named[..named.len().min(12)]
            )),
            (Some(read), Some(named)) if self.digest(read) == *named => Truth::Holds,
            (Some(_), _) if facts.rules != crate::ledger::entry::RULES => other_rules(facts.rules),
            (Some(_), _) => Truth::DoesNotHold(format!(
                "the policy it was judged by is not the one in {}",
                self.policy_from.as_ref().map_or("its commit", CommitId::short)
            )),
        };
        vec![
            Claim::new("facts", wrong.map_or(Truth::Holds, Truth::DoesNotHold)),
            Claim::new("policy", origin),
        ]
    }

    /// Judges the candidate again: when it was planned, and when it moved, on what was on record then.
    /// `shown` is what the objects say; without them the facts of the entry have to do, and prove little.
    pub fn judge(&self, shown: Option<&Shown>, calendar: Option<&Policy>) -> Vec<Claim> {
        let rules = self.recorded.as_ref().map_or(crate::ledger::entry::RULES, |facts| facts.rules);
        if rules > crate::ledger::entry::RULES {
            return vec![Claim::new("verdict", other_rules(rules))];
        }
        let now = self.recorded.as_ref().map_or(self.at, |facts| facts.now.min(self.at));
        let Some(facts) = self.facts(shown, now) else {
            let why = "its objects are not here, and its facts do not say enough";
            return vec![Claim::new("verdict", Truth::CannotBeChecked(why.into()))];
        };
        let mut claims = vec![Claim::new("verdict", self.verdict(&self.before, &facts, calendar, now, true))];
        if let Some((record, at)) = &self.moved {
            // What was clear then stays so for two minutes, however long the push took.
            let then = MARGIN.before(*at).max(now);
            claims.push(Claim::new("move", self.verdict(record, &facts, calendar, then, false)));
        }
        if shown.is_none() {
            for claim in claims.iter_mut().filter(|claim| claim.truth == Truth::Holds) {
                claim.truth =
                    Truth::CannotBeChecked("by its own facts it was clear; its objects are not here".into());
            }
        }
        if let (Some(shown), Some(named)) = (shown, self.recorded.as_ref().and_then(|f| f.commits.as_ref())) {
            let found = shown.commits.iter().map(|c| (&c.id, c.class));
            let same = found.eq(named.iter().map(|c| (&c.id, c.class)));
            claims.push(Claim::new(
                "commits",
                match (same, rules == crate::ledger::entry::RULES) {
                    (true, _) => Truth::Holds,
                    (false, true) => Truth::DoesNotHold(
                        "the commits on board, or their classes, are not those on record".into(),
                    ),
                    (false, false) => other_rules(rules),
                },
            ));
        }
        claims
    }

    fn verdict(
        &self,
        record: &Project,
        facts: &Facts,
        calendar: Option<&Policy>,
        now: Timestamp,
        compare: bool,
    ) -> Truth {
        let version = self.operation.version;
        let Some(found) =
            assess(calendar, record, facts, now).candidates.into_iter().find(|c| c.version == version)
        else {
            return Truth::DoesNotHold(format!("no candidate {version} was open"));
        };
        if let Some(gate) = found.blockers().next() {
            let why = format!(
                "{} was {} at {now}: {}",
                gate.gate.name(),
                word(gate.finding.verdict),
                gate.finding.summary
            );
            return Truth::DoesNotHold(why);
        }
        let Some(recorded) = self.recorded.as_ref().filter(|_| compare) else { return Truth::Holds };
        let differs = found.gates.iter().find_map(|gate| {
            let told = recorded.gates.iter().find(|g| g.gate == gate.gate.name())?;
            (told.verdict.is_clear() != gate.finding.verdict.is_clear() || told.enforced != gate.enforced)
                .then(|| {
                    format!(
                        "the record says that {} was {}, and it was {}",
                        told.gate,
                        word(told.verdict),
                        word(gate.finding.verdict)
                    )
                })
        });
        match differs {
            Some(_) if recorded.rules != crate::ledger::entry::RULES => other_rules(recorded.rules),
            Some(why) => Truth::DoesNotHold(why),
            None => Truth::Holds,
        }
    }

    /// Puts together what was seen at the plan.
    fn facts(&self, shown: Option<&Shown>, now: Timestamp) -> Option<Facts> {
        let (op, candidate) = (&self.operation, self.candidate()?);
        let seen = match (shown, &self.recorded) {
            (Some(shown), _) => shown.clone(),
            (None, Some(Recorded { commits: Some(commits), merge_back: Some(merge_back), .. })) => Shown {
                commits: commits.iter().map(bare).collect(),
                authors: Vec::new(),
                lacks_stable: 0,
                descends: true,
                merge_back: merge_back.clone(),
            },
            (None, _) => return None,
        };
        let highest = self.recorded.as_ref().and_then(|facts| facts.highest);
        let highest = highest.max(self.before.releases.keys().next_back().copied());
        let seen = CandidateFacts {
            head: Some(op.commit.clone()),
            commits: seen.commits,
            authors: seen.authors,
            descends: seen.descends,
            lacks_stable: seen.lacks_stable,
            merge_back: seen.merge_back,
            catch_up: None,
            carry: BTreeMap::new(),
            rc_tag: TagSeen::Intact,
            release_tag: None,
        };
        Some(Facts {
            observed_at: now,
            stable: Some(op.old_stable.clone()),
            develop: Some(op.old_develop.clone()),
            tags: candidate.cut.tags.clone(),
            released: highest.map(|version| (version, op.old_stable.clone())).into_iter().collect(),
            candidates: BTreeMap::from([(op.version, seen)]),
            changes: 0,
            drift: Vec::new(),
            offers: Vec::new(),
            strangers: Vec::new(),
            traps: Vec::new(),
            flights: BTreeMap::new(),
            record: RecordFacts { place: None, rewound: None, second: None, signer: None },
        })
    }
}

fn policy_digest(plan: &Plan) -> Option<&String> {
    plan.candidate().map(|candidate| &candidate.cut.digest)
}

fn other_rules(rules: u32) -> Truth {
    Truth::CannotBeChecked(format!(
        "it was decided by rules {rules}, and this version has {}",
        crate::ledger::entry::RULES
    ))
}

fn word(verdict: Verdict) -> String {
    serde_json::to_value(verdict).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A commit of which the record kept no words.
fn bare(commit: &RecordedCommit) -> ClassedCommit {
    ClassedCommit {
        id: commit.id.clone(),
        subject: String::new(),
        author: String::new(),
        picked: None,
        merge: false,
        class: commit.class,
        why: String::new(),
    }
}
