//! Judges a promotion anew, from the record before it and from the objects. Whoever has to know whether an entry
//! `Promoted` holds comes here: `verify`, and whoever rolls a promotion forward.

use crate::decide::assess::assess;
use crate::facts::{CandidateFacts, EntrySight, Facts, MergeBack, RecordFacts, TagSeen};
use crate::gate::MARGIN;
use crate::history::fixes::ClassedCommit;
use crate::ledger::promotion::{Promotion, Shape};
use crate::policy::{Policy, digest};
use crate::project::{Candidate, Project, Promoted};
use crate::types::duration::Seconds;
use crate::types::object_id::CommitId;
use crate::verify::claim::{Claim, Truth};
use crate::verify::recorded::{Recorded, bare};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How long a promotion may take from its judging to its entry: the ledger's time may be two minutes ahead of
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

/// Gives the candidate as the record had it before its promotion.
pub fn candidate(promoted: &Promoted) -> Option<&Candidate> {
    promoted.before.candidates.get(&promoted.promotion.version)
}

/// Gives the facts that its entry names; `None` where there are none that can be read.
pub fn recorded(promoted: &Promoted) -> Option<Recorded> {
    promoted.facts.clone().and_then(|facts| serde_json::from_value(facts).ok())
}

/// Checks what the chain alone shows: the facts belong to this promotion, and to its time. `origin` is the policy
/// in the file that it was read from.
pub fn chain_claims(promoted: &Promoted, origin: Option<&Policy>) -> Vec<Claim> {
    let promotion = &promoted.promotion;
    let Some(facts) = recorded(promoted) else {
        return vec![Claim::new(
            "facts",
            Truth::DoesNotHold("the entry names no facts that it stood on".into()),
        )];
    };
    let about = |what: &str, seen: Option<&CommitId>, named: &CommitId| {
        (seen != Some(named)).then(|| format!("the facts are about another {what} than the promotion"))
    };
    let late = Seconds::between(facts.now, promoted.at);
    let wrong = about("commit", facts.head.as_ref(), &promotion.commit)
        .or_else(|| about("stable", facts.stable.as_ref(), &promotion.old_stable))
        .or_else(|| about("develop", facts.develop.as_ref(), &promotion.old_develop))
        .or_else(|| {
            (facts.now > promoted.at || late > SLACK)
                .then(|| format!("it was judged at {} and promoted at {}", facts.now, promoted.at))
        });
    let candidate = candidate(promoted);
    let names = candidate.map_or(Truth::Holds, |c| {
        Truth::when(is_about(promotion, c), || {
            "it names other refs or another commit than those of its candidate".into()
        })
    });
    let from = candidate.map_or("its commit", |c| c.policy_from.short());
    let same = candidate.is_some_and(|c| {
        let named = &c.cut.digest;
        digest(&c.cut.policy) == *named && facts.policy == *named
    });
    let origin = match (origin, candidate) {
        (_, None) => Truth::CannotBeChecked("no cut is on record".into()),
        (None, Some(_)) => {
            Truth::CannotBeChecked(format!("the policy's file at {from} is not here, or cannot be read"))
        }
        (Some(_), Some(c)) if !same => Truth::DoesNotHold(format!(
            "the policy on record is not the one it names ({})",
            &c.cut.digest[..c.cut.digest.len().min(12)]
        )),
        (Some(read), Some(c)) if c.cut.is_judged_by(read) => Truth::Holds,
        (Some(_), _) if facts.rules != crate::ledger::entry::RULES => other_rules(facts.rules),
        (Some(_), _) => Truth::DoesNotHold(format!("the policy it was judged by is not the one in {from}")),
    };
    vec![
        Claim::new("facts", wrong.map_or(Truth::Holds, Truth::DoesNotHold)),
        Claim::new("names", names),
        Claim::new("policy", origin),
    ]
}

/// Tells whether a promotion is about the refs of its candidate, and about its rc: any that landed by another hand,
/// else the newest.
fn is_about(promotion: &Promotion, candidate: &Candidate) -> bool {
    let (cut, branches) = (&candidate.cut, &candidate.cut.policy.branches);
    let is_rc = match promotion.landed {
        Some(_) => candidate.rcs.iter().any(|rc| rc.commit == promotion.commit),
        None => *candidate.commit() == promotion.commit,
    };
    is_rc
        && promotion.branch == cut.branch
        && promotion.stable_branch == branches.stable
        && promotion.develop_branch == branches.develop
        && promotion.tag == cut.tags.release(promotion.version)
}

/// Judges the candidate again, on what was on record before its promotion. `shown` is what the objects say; without
/// them the facts of the entry have to do, and prove little.
pub fn judge(promoted: &Promoted, shown: Option<&Shown>, calendar: Option<&Policy>) -> Vec<Claim> {
    let recorded = recorded(promoted);
    let rules = recorded.as_ref().map_or(crate::ledger::entry::RULES, |facts| facts.rules);
    if rules > crate::ledger::entry::RULES {
        return vec![Claim::new("verdict", other_rules(rules))];
    }
    // The facts say when it was judged, and are believed within the time that a promotion may take.
    let named = recorded.as_ref().map_or(promoted.at, |facts| facts.now);
    let now = named.clamp(SLACK.before(promoted.at), promoted.at);
    let again = Again { promoted, recorded: recorded.as_ref() };
    let Some(facts) = again.facts(shown, now) else {
        let why = "its objects are not here, and its facts do not say enough";
        return vec![Claim::new("verdict", Truth::CannotBeChecked(why.into()))];
    };
    let verdict = again.verdict(&promoted.before, &facts, calendar, now);
    let mut claims = vec![Claim::new("verdict", verdict)];
    if let Some((record, at)) = promoted.continued.as_ref().filter(|_| promoted.completed.is_none()) {
        // What was clear stays so for two minutes, however long the push took.
        let then = MARGIN.before(*at).max(now);
        claims.push(Claim::new(
            "move",
            Again { recorded: None, ..again }.verdict(record, &facts, calendar, then),
        ));
    }
    if shown.is_none() {
        for claim in claims.iter_mut().filter(|claim| claim.truth == Truth::Holds) {
            claim.truth =
                Truth::CannotBeChecked("by its own facts it was clear; its objects are not here".into());
        }
    }
    if let (Some(shown), Some(named)) = (shown, recorded.as_ref().and_then(|f| f.commits.as_ref())) {
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

/// Tells whether a promotion holds by all that was found of it; else why not.
pub fn holds(promoted: &Promoted, claims: &[Claim]) -> (EntrySight, Option<String>) {
    // Once stable has moved the rest follows, whoever moved it; and a captain answers for what another hand merged.
    let by_hand = promoted.promotion.landed.as_ref();
    let answered = by_hand.is_some_and(|landed| landed.shape == Shape::Merged && landed.reason.is_some());
    let counts =
        claims.iter().filter(|claim| claim.about != "move" && !(answered && claim.about == "released tree"));
    let worst = counts.max_by(|a, b| a.truth.cmp(&b.truth));
    match worst.map(|claim| (claim, &claim.truth)) {
        None | Some((_, Truth::Holds)) => (EntrySight::Holds, None),
        Some((claim, Truth::CannotBeChecked(why))) => {
            (EntrySight::Unproven, Some(format!("{}: {why}", claim.about)))
        }
        Some((claim, Truth::DoesNotHold(why))) => {
            (EntrySight::DoesNotHold, Some(format!("{}: {why}", claim.about)))
        }
    }
}

/// A promotion that is judged again.
#[derive(Clone, Copy)]
struct Again<'a> {
    promoted: &'a Promoted,
    recorded: Option<&'a Recorded>,
}

impl Again<'_> {
    fn verdict(&self, record: &Project, facts: &Facts, calendar: Option<&Policy>, now: Timestamp) -> Truth {
        let version = self.promoted.promotion.version;
        let Some(found) =
            assess(calendar, record, facts, now).candidates.into_iter().find(|c| c.version == version)
        else {
            return Truth::DoesNotHold(format!("no candidate {version} was open"));
        };
        // That it was not clear is on record where a captain completed what another hand had landed.
        let landed = self.promoted.promotion.landed.as_ref();
        let excused = landed.is_some_and(|landed| landed.reason.is_some());
        if let Some(gate) = found.blockers().next().filter(|_| !excused) {
            let why = format!(
                "{} was {} at {now}: {}",
                gate.gate.name(),
                gate.finding.verdict.name(),
                gate.finding.summary
            );
            return Truth::DoesNotHold(why);
        }
        let Some(recorded) = self.recorded else { return Truth::Holds };
        let differs = found.gates.iter().find_map(|gate| {
            let told = recorded.gates.iter().find(|g| g.gate == gate.gate.name())?;
            (told.verdict.is_clear() != gate.finding.verdict.is_clear() || told.enforced != gate.enforced)
                .then(|| {
                    format!(
                        "the record says that {} was {}, and it was {}",
                        told.gate,
                        told.verdict.name(),
                        gate.finding.verdict.name()
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
        let (promotion, candidate) = (&self.promoted.promotion, candidate(self.promoted)?);
        let seen = match (shown, self.recorded) {
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
        let highest = self.recorded.and_then(|facts| facts.highest);
        let highest = highest.max(self.promoted.before.releases.keys().next_back().copied());
        let seen = CandidateFacts {
            head: Some(promotion.commit.clone()),
            commits: seen.commits,
            authors: seen.authors,
            descends: seen.descends,
            lacks_stable: seen.lacks_stable,
            merge_back: seen.merge_back,
            catch_up: None,
            carry: BTreeMap::new(),
            rc_tag: TagSeen::Intact,
            release_tag: None,
            unfounded: None,
            landing: None,
        };
        Some(Facts {
            observed_at: now,
            stable: Some(promotion.old_stable.clone()),
            develop: Some(promotion.old_develop.clone()),
            tags: candidate.cut.tags.clone(),
            released: highest.map(|version| (version, promotion.old_stable.clone())).into_iter().collect(),
            candidates: BTreeMap::from([(promotion.version, seen)]),
            changes: 0,
            drift: Vec::new(),
            offers: Vec::new(),
            strangers: Vec::new(),
            traps: Vec::new(),
            promotions: BTreeMap::new(),
            leftover: None,
            record: RecordFacts::default(),
        })
    }
}

fn other_rules(rules: u32) -> Truth {
    Truth::CannotBeChecked(format!(
        "it was decided by rules {rules}, and this version has {}",
        crate::ledger::entry::RULES
    ))
}
