//! Judges a promotion anew from what was on record when it was planned and when it moved.

use crate::decide::assess::assess;
use crate::facts::{CandidateFacts, Facts, MergeBack, RecordFacts, TagSeen};
use crate::gate::MARGIN;
use crate::history::fixes::ClassedCommit;
use crate::ledger::actor::Actor;
use crate::ledger::event::Operation;
use crate::policy::{Policy, digest};
use crate::project::trust::Level;
use crate::project::{Candidate, Project};
use crate::types::duration::Seconds;
use crate::types::object_id::CommitId;
use crate::types::verdict::Verdict;
use crate::verify::claim::{Claim, Truth};
use crate::verify::recorded::{Recorded, bare};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a plan may take from its judging to its entry: the ledger's time may be two minutes ahead of
/// the writer's, and building takes its own.
const SLACK: Seconds = Seconds(240);

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
    pub(super) before: Project,
    /// The record before the refs moved, and when that was.
    pub(super) moved: Option<(Project, Timestamp)>,
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

    fn digest(&self, policy: &Policy) -> String {
        self.candidate().map_or_else(|| digest(policy), |c| digest(&policy.of(c.cut.kind)))
    }

    /// Drops the records once every claim is settled.
    pub fn shed(&mut self) {
        (self.before, self.moved) = (Project::default(), None);
    }

    /// Checks what the chain alone shows: the facts belong to this plan, and to its time.
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
