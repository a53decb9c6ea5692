//! A project with one candidate, made the way a real one is: by folding a ledger.

use allclear_core::decide::assess::CandidateAssessment;
use allclear_core::decide::promotion::settle;
use allclear_core::experiment::{
    At, Comparison, Declared, FindingLine, Outcome, Pinned, Recipe, Step, Summary, Tallies, Tier,
};
use allclear_core::facts::{
    BranchSight, CandidateFacts, EntrySight, Facts, MergeBack, PromotionFacts, RecordFacts, Seen, Sight,
    TagSeen, TagSight,
};
use allclear_core::gate::Finding;
use allclear_core::ledger::actor::{Actor, Proof, Via};
use allclear_core::ledger::entry::{Body, Entry, Link, compose};
use allclear_core::ledger::event::{CheckOutcome, Cut, Event, ReportOutcome};
use allclear_core::ledger::promotion::Promotion;
use allclear_core::policy::{Policy, Preset, defaults, digest};
use allclear_core::project::fold;
use allclear_core::project::people::pseudonyms;
use allclear_core::types::cut_kind::CutKind;
use allclear_core::types::gate::Gate;
use allclear_core::types::version::Bump;
use allclear_core::{Branch, CommitId, Project, TagFormat, Verdict, Version, assess, experiment};
use jiff::Timestamp;
use std::collections::BTreeMap;

pub(crate) const VERSION: Version = Version::new(2, 9, 0);

/// The instant so many seconds after the cut.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_793_700_000 + seconds).unwrap()
}

pub(crate) fn commit(n: u64) -> CommitId {
    CommitId::parse(&format!("{n:040x}")).unwrap()
}

pub(crate) fn actor() -> Actor {
    Actor { who: "mira@example.org".into(), proof: Proof::Claimed }
}

/// The commit of the ledger's entry number `n`.
pub(crate) fn entry_id(n: usize) -> CommitId {
    commit(0xe000_0000 + n as u64)
}

pub(crate) fn link(n: usize, claimed: Timestamp, events: Vec<Event>) -> Link {
    let entry: Entry = compose(format!("{n:032x}"), claimed, actor(), Via::Cli, events);
    Link {
        commit: entry_id(n),
        parent: n.checked_sub(1).map(entry_id),
        body: Body::Entry(Box::new(entry)),
        signed: None,
    }
}

pub(crate) fn policy() -> Policy {
    defaults(Preset::Library1)
}

pub(crate) fn cut(policy: Policy) -> Cut {
    Cut {
        version: VERSION,
        branch: Branch::parse("release-2.9.0").unwrap(),
        slot: Some(at(0)),
        kind: CutKind::Regular,
        reason: None,
        from: commit(1),
        head: commit(2),
        stable: commit(3),
        bump: Bump::Minor,
        reasons: vec!["2 features".into()],
        tags: TagFormat::with_prefix("v"),
        version_files: Vec::new(),
        digest: digest(&policy),
        policy,
    }
}

/// The promotion of `head` that is the `n`th to be built.
pub(crate) fn promotion(n: u64, head: u64) -> Promotion {
    Promotion {
        version: VERSION,
        commit: commit(head),
        branch: Branch::parse("release-2.9.0").unwrap(),
        stable_branch: Branch::parse("master").unwrap(),
        develop_branch: Branch::parse("develop").unwrap(),
        tag: "v2.9.0".into(),
        old_stable: commit(3),
        old_develop: commit(1),
        new_stable: commit(0x100 + n),
        new_develop: commit(0x200 + n),
        new_tag: commit(0x300 + n),
        landed: None,
        resolved: Vec::new(),
    }
}

pub(crate) fn promoted(n: u64, head: u64) -> Event {
    Event::Promoted(Box::new(promotion(n, head)))
}

/// A sight of what a promotion left: all as it was before, or all as it makes it.
pub(crate) fn sight(entry: EntrySight, moved: bool) -> Sight {
    let (stable, tag, candidate) = if moved {
        (Seen::New, TagSight::New, BranchSight::Gone)
    } else {
        (Seen::Old, TagSight::Absent, BranchSight::AtRc)
    };
    Sight { entry, moved: false, stable, develop: stable, tag, candidate }
}

pub(crate) fn rc(n: u32, head: u64) -> Event {
    let tag = format!("v2.9.0-rc.{n}");
    Event::RcTagged {
        version: VERSION,
        rc: n,
        commit: commit(head),
        tag,
        object: commit(0x50 + u64::from(n)),
    }
}

pub(crate) fn check(name: &str, passed: bool, head: u64) -> Event {
    let outcome = if passed { CheckOutcome::Passed } else { CheckOutcome::Failed };
    Event::CheckRecorded { name: name.into(), outcome, commit: commit(head), url: None }
}

/// A downstream that a policy declares.
pub(crate) fn depends(name: &str) -> Declared {
    Declared {
        name: name.into(),
        repo: vec![".".into()],
        at: At::LatestRelease,
        each: None,
        overrides: Vec::new(),
        ecosystem: None,
        recipe: Recipe::default(),
    }
}

/// One downstream that is not well: it fails to run, with a signature of 12 times `cause`.
pub(crate) fn finding(name: &str, tier: Tier, comparison: Comparison, cause: char) -> FindingLine {
    FindingLine {
        name: name.into(),
        tier,
        comparison,
        outcome: Outcome::FailedRun,
        step: Some(Step::Run),
        signature: Some(cause.to_string().repeat(12)),
        error: Some("panic: nil map".into()),
    }
}

/// An experiment that found `ok` downstreams of each tier well beside those that are not.
pub(crate) fn experiment(declared: &[Declared], ok: usize, findings: Vec<FindingLine>, head: u64) -> Summary {
    let of = |tier: Tier| {
        let told = findings.iter().filter(move |f| f.tier == tier).map(|f| f.comparison);
        Tallies::of(told.chain(std::iter::repeat_n(Comparison::Ok, ok)))
    };
    Summary {
        experiment: "0123456789ab".into(),
        version: VERSION,
        commit: commit(head),
        hash: None,
        baseline: Some(Pinned { version: Version::new(2, 8, 0), commit: commit(3), hash: None }),
        declared: experiment::declared(declared),
        must: of(Tier::Must),
        should: of(Tier::Should),
        findings,
        more: 0,
        results: None,
        sandbox: "bubblewrap, cgroup v2".into(),
        millis: 1,
    }
}

pub(crate) fn tried(summary: Summary) -> Event {
    Event::ExperimentEnded(Box::new(summary))
}

pub(crate) fn held(until: Option<Timestamp>) -> Event {
    Event::Held { version: VERSION, reason: "no".into(), until }
}

/// What somebody reports of an rc, which is commit 2.
pub(crate) fn report(rc: u32, outcome: ReportOutcome, who: &str, id: &str) -> Event {
    Event::ReportFiled {
        version: VERSION,
        rc,
        commit: commit(2),
        report: id.into(),
        outcome,
        person: pseudonyms(&entry_id(0), who),
        text: None,
    }
}

/// A waiver for commit 2, until so many days after the cut.
pub(crate) fn waived(gate: &str, subject: Option<&str>, verdict: Verdict, days: i64) -> Event {
    Event::Waived {
        version: VERSION,
        gate: gate.into(),
        subject: subject.map(Into::into),
        commit: commit(2),
        verdict,
        reason: "known".into(),
        until: at(days * DAY),
    }
}

/// A ledger, and what the server shows.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) links: Vec<Link>,
    pub(crate) facts: Facts,
}

impl Scene {
    /// A candidate whose rc.1, commit 2, was tagged with the cut at second 0.
    pub(crate) fn new(policy: Policy) -> Self {
        let seen = CandidateFacts {
            authors: Vec::new(),
            head: Some(commit(2)),
            commits: Vec::new(),
            descends: true,
            lacks_stable: 0,
            merge_back: MergeBack::Clean { tree: commit(9) },
            catch_up: None,
            carry: BTreeMap::new(),
            rc_tag: TagSeen::Intact,
            release_tag: None,
            unfounded: None,
            landing: None,
        };
        let facts = Facts {
            observed_at: at(0),
            stable: Some(commit(3)),
            develop: Some(commit(1)),
            tags: TagFormat::with_prefix("v"),
            released: BTreeMap::from([(Version::new(2, 8, 0), commit(3))]),
            candidates: BTreeMap::from([(VERSION, seen)]),
            changes: 0,
            strangers: Vec::new(),
            traps: Vec::new(),
            offers: Vec::new(),
            promotions: BTreeMap::new(),
            leftover: None,
            record: RecordFacts::default(),
            drift: Vec::new(),
        };
        let start = Event::LedgerStarted {
            project: "go-micro".into(),
            develop: None,
            signers: Vec::new(),
            threshold: None,
        };
        let cut = Event::CandidateCut(Box::new(cut(policy)));
        Self { links: vec![link(0, at(0), vec![start, cut, rc(1, 2)])], facts }
    }

    pub(crate) fn then(mut self, seconds: i64, event: Event) -> Self {
        self.links.push(link(self.links.len(), at(seconds), vec![event]));
        self
    }

    pub(crate) fn tell(&mut self, seconds: i64, events: Vec<Event>) {
        self.links.push(link(self.links.len(), at(seconds), events));
    }

    pub(crate) fn seen(mut self, change: impl FnOnce(&mut CandidateFacts)) -> Self {
        change(self.facts.candidates.get_mut(&VERSION).unwrap());
        self
    }

    /// Lets the refs show something of the candidate's promotion.
    pub(crate) fn shows(mut self, sight: Sight) -> Self {
        self.facts.promotions.insert(VERSION, PromotionFacts { sight, why: None });
        self
    }

    /// Lets the branch stand at another commit.
    pub(crate) fn head(self, head: u64) -> Self {
        self.seen(|seen| seen.head = Some(commit(head)))
    }

    pub(crate) fn project(&self) -> Project {
        let mut project = fold(&self.links);
        settle(&mut project, &self.facts.promotions);
        project
    }

    pub(crate) fn judge(&self, now: Timestamp) -> CandidateAssessment {
        let assessment = assess(None, &self.project(), &self.facts, now);
        assessment.candidates.into_iter().next().unwrap()
    }

    pub(crate) fn gate(&self, gate: Gate, seconds: i64) -> Finding {
        self.judge(at(seconds)).gates.into_iter().find(|g| g.gate == gate).unwrap().finding
    }

    pub(crate) fn is_clear(&self, now: Timestamp) -> bool {
        self.judge(now).blockers().next().is_none()
    }
}

pub(crate) const MINUTE: i64 = 60;
pub(crate) const HOUR: i64 = 3600;
pub(crate) const DAY: i64 = 86_400;
