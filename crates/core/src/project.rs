//! Folds the ledger into what has happened. Total, and linear in the number of entries.

use crate::duration::Seconds;
use crate::event::{Actor, CheckOutcome, Cut, CutKind, Entry, Event, Operation};
use crate::id::{CommitId, OperationId};
use crate::ledger::{Body, Link, TOLERANCE, VoidReason};
use crate::name::Branch;
use crate::people::{Acceptance, Approval, Report, Waiver};
use crate::policy::{AfterStep, Stops, Trust};
use crate::signers::Roster;
use crate::statement::Said;
use crate::train::SkipReason;
use crate::trust::{Act, Ignored, Level, is_vouched};
use crate::version::{RcNumber, Version};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What has happened to one project, as its ledger tells it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Project {
    /// The first entry's commit: the ledger's identity.
    pub root: Option<CommitId>,
    /// The last entry's commit.
    pub head: Option<CommitId>,
    /// How many commits the ledger has.
    pub entries: u64,
    /// The project's name as the root gave it.
    pub name: String,
    /// The branch that the policy was read from first: what the root or the first cut named.
    pub founded_on: Option<Branch>,
    /// The branch that the last cut says the policy is read from. Who may write to the record alone could
    /// have said so.
    pub develop: Option<Branch>,
    /// When the last entry happened.
    pub at: Timestamp,
    /// The entry that claims the latest time.
    pub latest_claim: Option<(CommitId, Timestamp)>,
    /// Candidates that are neither released nor withdrawn.
    pub candidates: BTreeMap<Version, Candidate>,
    /// What was released through this ledger.
    pub releases: BTreeMap<Version, Release>,
    /// What was withdrawn; these numbers are never used again.
    pub withdrawn: BTreeMap<Version, Withdrawal>,
    /// The latest slot that was taken or skipped.
    pub slot: Option<Timestamp>,
    /// The latest slot that was skipped, and why.
    pub skipped: Option<(Timestamp, SkipReason)>,
    /// When the last candidate of the train ended; a hotfix holds no train up.
    pub last_ended: Option<Timestamp>,
    /// The commit of develop that the last candidate was cut from.
    pub last_cut: Option<CommitId>,
    /// Freezes set by people and not lifted.
    pub freezes: Vec<LedgerFreeze>,
    /// What the targets of notices were told, by name.
    #[serde(default)]
    pub told: BTreeMap<String, crate::notice::Told>,
    /// Check results by commit and name.
    pub checks: BTreeMap<CommitId, BTreeMap<String, CheckLine>>,
    /// What experiments found.
    #[serde(default)]
    pub experiments: crate::lab::Experiments,
    /// Commits that a person answered for.
    pub accepted: BTreeMap<CommitId, Acceptance>,
    /// The highest rules version that an entry needs.
    pub needs: u32,
    /// Entries that stop deciding until a person strikes them.
    pub troubles: Vec<Trouble>,
    /// Entries that were struck.
    pub struck: BTreeSet<CommitId>,
    /// Where the ledger goes on, where it was moved.
    pub moved_to: Option<String>,
    /// The ids that entries carry, for the trailers of tags; only those that came with a tag.
    pub tag_entries: BTreeSet<String>,
    /// Who may sign what.
    pub roster: Roster,
    /// What was stated last.
    pub said: Said,
    /// The last entries that changed nothing, or less than they say, for want of a signature.
    pub ignored: Vec<Ignored>,
}

/// A candidate between its cut and its end.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// The cut, with the policy in force.
    pub cut: Cut,
    /// The commit that the policy in force was read from.
    pub policy_from: CommitId,
    /// When it was cut.
    pub cut_at: Timestamp,
    /// Who cut it.
    pub by: Actor,
    /// Its rcs, rc.1 first.
    pub rcs: Vec<Rc>,
    /// Heads of its branch by the instant they were first seen.
    pub heads: BTreeMap<CommitId, Timestamp>,
    /// People's yes, in order.
    pub approvals: Vec<Approval>,
    /// Gates that people set aside, in order.
    pub waivers: Vec<Waiver>,
    /// What users said, each person's last word on each rc.
    pub reports: Vec<Report>,
    /// Pseudonyms of all who ever said so: who is new replaces nobody's word.
    pub reporters: BTreeSet<String>,
    /// A person's stop.
    pub hold: Option<Hold>,
    /// The commit that a person asked to promote when clear.
    pub requested: Option<Request>,
    /// The promotion in flight.
    pub operation: Option<Flight>,
    /// The commit whose promotion a rule of the server refused, and what it said.
    pub refused: Option<(CommitId, String)>,
    /// The last merge of stable into it by allclear itself.
    pub carried: Option<CommitId>,
}

/// One rc.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rc {
    /// N, from 1.
    pub n: RcNumber,
    /// The commit.
    pub commit: CommitId,
    /// Its tag.
    pub tag: String,
    /// The tag's own id.
    pub object: CommitId,
    /// When it was tagged; its soak starts here.
    pub at: Timestamp,
}

/// A person's stop.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
}

/// A wish on record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// For exactly this commit.
    pub commit: CommitId,
    /// Who asked.
    pub by: String,
}

/// A promotion in flight.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flight {
    /// Its plan.
    pub plan: Operation,
    /// How far the ledger says it came.
    pub phase: Phase,
    /// When it was planned.
    pub planned_at: Timestamp,
    /// Who planned it.
    pub by: String,
}

/// How far the ledger says a promotion came. The refs have the last word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The objects exist; no ref has moved.
    Planned,
    /// The move entry landed.
    Moving,
    /// No push before this point can land any more.
    Fenced,
}

/// A finished release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Its tag.
    pub tag: String,
    /// The rc's commit that was released.
    pub commit: CommitId,
    /// What stable became.
    pub stable: CommitId,
    /// The tag's own id.
    pub object: CommitId,
    /// When it was confirmed.
    pub at: Timestamp,
    /// The operation that made it.
    pub operation: OperationId,
    /// When it was cut.
    pub cut_at: Timestamp,
    /// The last rc's number.
    pub rc: RcNumber,
    /// The branch that was promoted to.
    pub stable_branch: Branch,
    /// The commit that the policy was read from.
    pub policy_from: CommitId,
    /// What follows it, as the candidate's policy had it.
    #[serde(default)]
    pub after: Vec<AfterStep>,
    /// How far that came, by name.
    #[serde(default)]
    pub steps: BTreeMap<String, crate::after::Progress>,
}

/// A candidate that ended without a release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withdrawal {
    /// What it was cut for.
    pub kind: CutKind,
    /// The branch it had.
    pub branch: Branch,
    /// Why, as it was said first.
    pub reason: String,
    /// Who.
    pub by: String,
    /// When it was last withdrawn; what is pushed to its branch later can be, too.
    pub at: Timestamp,
    /// Its branch as it was last seen; `None` where it was gone already.
    pub head: Option<CommitId>,
    /// The full names of the refs that keep its commits.
    pub archives: Vec<String>,
    /// Its fixes that develop lacked, oldest first.
    pub fixes: Vec<CommitId>,
}

/// A freeze set by a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerFreeze {
    /// Why.
    pub reason: String,
    /// Who.
    pub by: String,
    /// Since when.
    pub from: Timestamp,
    /// When it ends by itself.
    pub until: Timestamp,
    /// What it stops.
    pub stops: Stops,
}

/// The results of one check on one commit.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckLine {
    /// Every result, in order.
    #[serde(with = "beats")]
    pub beats: Vec<Told>,
    /// Who recorded the last one.
    pub by: String,
    /// Where to read more of the last one.
    pub url: Option<String>,
}

/// One result of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// The second it was recorded.
    pub at: i64,
    /// Whether it passed.
    pub passed: bool,
    /// Whether a checker's or a recorder's signature is on it.
    pub vouched: bool,
}

/// An entry that stops deciding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// The entry's commit.
    pub entry: CommitId,
    /// What is wrong with it.
    pub what: TroubleKind,
}

/// What is wrong with an entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "kebab-case")]
pub enum TroubleKind {
    /// It is no entry.
    #[error("{0}")]
    Void(VoidReason),
    /// It has events that this version does not know.
    #[error("it tells of something this version does not know")]
    Unknown,
}

/// Folds links one by one, root first, so that no more than one need be in memory.
#[derive(Debug, Default)]
pub struct Fold {
    project: Project,
    striking: BTreeMap<CommitId, Timestamp>,
    found: BTreeMap<CommitId, Timestamp>,
}

impl Fold {
    /// Goes on from an earlier fold of the same chain: what makes a warm start fast.
    pub fn onto(project: Project) -> Self {
        Self { project, ..Self::default() }
    }

    /// Gives what is known so far.
    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    /// Takes the next link, and tells how far its entry is proven.
    pub fn add(&mut self, link: &Link) -> Level {
        if let Body::Entry(entry) = &link.body {
            for event in &entry.events {
                if let Event::Struck { entry: target, .. } = event {
                    // Of several strikes the one that may strike most counts, whatever their order.
                    let by = self.found.entry(target.clone()).or_insert(entry.claimed);
                    *by = entry.claimed.min(*by);
                }
            }
        }
        if self.striking.get(&link.commit).is_some_and(|&by| may_strike(link, by)) {
            self.project.struck.insert(link.commit.clone());
        }
        self.project.apply(link)
    }

    /// Gives the project; or, where a later entry strikes an earlier one, a fold that knows of it
    /// and wants all links once more.
    #[expect(clippy::result_large_err, reason = "both are large, and it is called once per look")]
    pub fn finish(self) -> Result<Project, Self> {
        let known = |(target, by): (&CommitId, &Timestamp)| {
            self.striking.get(target).is_some_and(|known| known <= by) || self.project.struck.contains(target)
        };
        if self.found.iter().all(known) {
            Ok(self.project)
        } else {
            Err(Self { project: Project::default(), striking: self.found, found: BTreeMap::new() })
        }
    }
}

/// Folds a whole ledger that is in memory, root first.
pub fn fold(links: &[Link]) -> Project {
    let mut fold = Fold::default();
    loop {
        for link in links {
            fold.add(link);
        }
        match fold.finish() {
            Ok(project) => return project,
            Err(again) => fold = again,
        }
    }
}

/// Tells whether an entry may be struck by somebody whose clock says `now`: only what cannot be
/// believed can be (void, unknown, or claimed more than two minutes ahead), so that nobody strikes
/// bad news away.
pub fn may_strike(link: &Link, now: Timestamp) -> bool {
    match &link.body {
        Body::Void(_) => true,
        Body::Entry(entry) => entry.claimed > TOLERANCE.after(now) || entry.events.contains(&Event::Unknown),
    }
}

/// Puts an id where another one is, in the same memory.
fn keep(place: &mut Option<CommitId>, id: &CommitId) {
    match place {
        Some(old) => old.clone_from(id),
        None => *place = Some(id.clone()),
    }
}

impl Project {
    /// Gives the newest rc of a candidate.
    pub fn rc(&self, version: Version) -> Option<&Rc> {
        self.candidates.get(&version)?.rcs.last()
    }

    /// Gives the promotion in flight, if one is.
    pub fn flight(&self) -> Option<(&Version, &Flight)> {
        self.candidates.iter().find_map(|(v, c)| c.operation.as_ref().map(|f| (v, f)))
    }

    /// Gives the freezes in force or to come at `now`.
    pub fn freezes_from(&self, now: Timestamp) -> impl Iterator<Item = &LedgerFreeze> {
        self.freezes.iter().filter(move |f| f.until > now)
    }

    fn apply(&mut self, link: &Link) -> Level {
        if self.root.is_none() {
            self.root = Some(link.commit.clone());
        }
        keep(&mut self.head, &link.commit);
        self.entries += 1;
        let level = self.take(link);
        self.said.pass(&link.commit);
        level
    }

    fn take(&mut self, link: &Link) -> Level {
        if self.struck.contains(&link.commit) {
            // It still stands in the chain, where the tags that name it look for it.
            if let Body::Entry(entry) = &link.body {
                self.tag_entries.insert(entry.id.clone());
            }
            return Level::Claimed;
        }
        let entry = match &link.body {
            Body::Entry(entry) => entry,
            Body::Void(why) => {
                self.troubles
                    .push(Trouble { entry: link.commit.clone(), what: TroubleKind::Void(why.clone()) });
                return Level::Claimed;
            }
        };
        self.at = self.at.max(entry.claimed);
        self.needs = self.needs.max(entry.needs);
        match &mut self.latest_claim {
            Some((_, claimed)) if *claimed > entry.claimed => {}
            Some((commit, claimed)) => {
                commit.clone_from(&link.commit);
                *claimed = entry.claimed;
            }
            None => self.latest_claim = Some((link.commit.clone(), entry.claimed)),
        }
        let level = self.level(link, entry);
        for event in &entry.events {
            self.evolve(event, entry, &link.commit, &level);
        }
        level
    }

    fn evolve(&mut self, event: &Event, entry: &Entry, commit: &CommitId, level: &Level) {
        let at = self.at;
        match event {
            Event::LedgerStarted { project, develop, signers, threshold } => {
                // Only the root itself is the root.
                if self.entries == 1 {
                    self.name.clone_from(project);
                    self.develop.clone_from(develop);
                    self.founded_on.clone_from(develop);
                    if !signers.is_empty() {
                        let ruling = self.roster.begin(signers, *threshold);
                        self.ruled(commit, &ruling);
                    }
                }
            }
            Event::SignersProposed(change) => {
                let by = level.stated().map(|key| &key.fingerprint);
                let ruling = self.roster.propose(commit, change, by);
                self.ruled(commit, &ruling);
            }
            Event::SignersSeconded { proposal } => {
                let by = level.stated().map(|key| &key.fingerprint);
                let ruling = self.roster.second(proposal, by);
                self.ruled(commit, &ruling);
            }
            Event::LedgerMoved { to } => self.moved_to = Some(to.clone()),
            Event::CandidateCut(cut) => self.cut(cut, entry, at),
            Event::HeadSeen { version, commit } => {
                self.with(*version, |c| {
                    // Standing still begins anew with every change, also with a change back.
                    if !c.heads.contains_key(commit) {
                        c.heads = BTreeMap::from([(commit.clone(), at)]);
                    }
                });
            }
            Event::RcTagged { version, rc, commit, tag, object } => {
                let rc = Rc { n: *rc, commit: commit.clone(), tag: tag.clone(), object: object.clone(), at };
                self.tag_entries.insert(entry.id.clone());
                // The same rc told again has a new tag for the same commit; it soaks on.
                self.with(*version, |c| {
                    match c.rcs.last_mut().filter(|last| last.n == rc.n && last.commit == rc.commit) {
                        Some(last) => (last.tag, last.object) = (rc.tag, rc.object),
                        None => c.rcs.push(rc),
                    }
                });
            }
            Event::SlotSkipped { slot, reason } => {
                self.slot = self.slot.max(Some(*slot));
                self.skipped = Some((*slot, *reason));
            }
            Event::CheckRecorded { name, outcome, commit, url } => {
                // Most events of a ledger come here and find their line: nothing is copied then.
                let known = self.checks.get_mut(commit).and_then(|lines| lines.get_mut(name));
                let line = match known {
                    Some(line) => line,
                    None => self.checks.entry(commit.clone()).or_default().entry(name.clone()).or_default(),
                };
                let passed = *outcome == CheckOutcome::Passed;
                let vouched = is_vouched(Act::Check(name), level);
                line.beats.push(Told { at: at.as_second(), passed, vouched });
                line.by.clone_from(&entry.by.who);
                line.url.clone_from(url);
            }
            Event::ExperimentEnded(summary) => self.tried(summary, entry, level),
            Event::CommitAccepted { .. }
            | Event::Approved { .. }
            | Event::Waived { .. }
            | Event::WaiverLifted { .. }
            | Event::ReportFiled { .. }
            | Event::ReportConfirmed { .. }
            | Event::ReportResolved { .. } => self.hear(event, entry, commit, level),
            Event::Held { version, reason, until } => {
                let hold = Hold { reason: reason.clone(), by: entry.by.who.clone(), until: *until };
                self.with(*version, |c| c.hold = Some(hold.or_stricter(c.hold.take())));
            }
            Event::HoldLifted { version } => {
                if self.may_decide(*version, commit, "lifts the hold on", level) {
                    self.with(*version, |c| c.hold = None);
                }
            }
            Event::Frozen { reason, until, stops } => self.freezes.push(LedgerFreeze {
                reason: reason.clone(),
                by: entry.by.who.clone(),
                from: at,
                until: *until,
                stops: *stops,
            }),
            Event::FreezeLifted {} => {
                let open: Vec<Version> = self.candidates.keys().copied().collect();
                if open.into_iter().all(|v| self.may_decide(v, commit, "lifts the freeze over", level)) {
                    self.freezes.clear();
                }
            }
            Event::PromotionRequested { version, commit } => {
                let request = Request { commit: commit.clone(), by: entry.by.who.clone() };
                self.with(*version, |c| (c.requested, c.refused) = (Some(request), None));
            }
            Event::PolicyAdopted { version, policy, digest, from, .. } => {
                if self.may_decide(*version, commit, "adopts a policy for", level) {
                    self.with(*version, |c| {
                        c.policy_from.clone_from(from);
                        c.cut.policy = (**policy).clone();
                        c.cut.digest.clone_from(digest);
                    });
                }
            }
            Event::PromotionPlanned(plan) => {
                let by = entry.by.who.clone();
                let flight = Flight { plan: (**plan).clone(), phase: Phase::Planned, planned_at: at, by };
                self.tag_entries.insert(entry.id.clone());
                self.with(plan.version, |c| c.operation = Some(flight));
            }
            Event::PromotionMoving { operation } => self.in_flight(operation, |f| f.phase = Phase::Moving),
            Event::PromotionContinued { operation, develop } => self.in_flight(operation, |f| {
                if let Some(develop) = develop {
                    f.plan.new_develop.clone_from(develop);
                }
            }),
            Event::Fenced { operation } => self.in_flight(operation, |f| f.phase = Phase::Fenced),
            Event::PromotionAborted { operation, reason, refused } => {
                for candidate in self.candidates.values_mut() {
                    if let Some(flight) = candidate.operation.take_if(|f| f.plan.id == *operation)
                        && *refused
                    {
                        candidate.refused = Some((flight.plan.commit, reason.clone()));
                    }
                }
            }
            Event::ReleaseConfirmed { operation, version, .. } => self.release(operation, *version, at),
            Event::Withdrawn { version, reason, head, archive, fixes } => {
                if let Some(mut known) = self.ended(*version, reason, &entry.by.who) {
                    if !known.archives.contains(archive) {
                        known.archives.push(archive.clone());
                    }
                    let new: Vec<_> = fixes.iter().filter(|f| !known.fixes.contains(f)).cloned().collect();
                    known.fixes.extend(new);
                    (known.at, known.head) = (at, head.clone());
                    self.withdrawn.insert(*version, known);
                }
            }
            Event::StableCarried { version, commit, .. } => {
                self.with(*version, |c| c.carried = Some(commit.clone()));
            }
            Event::StepStarted { .. }
            | Event::StepDone { .. }
            | Event::StepFailed { .. }
            | Event::StepRetried { .. } => crate::after::evolve(self, event, at),
            Event::Noticed { .. } | Event::NoticeFailed { .. } => {
                crate::notice::evolve(&mut self.told, event, at);
            }
            Event::Struck { .. } => {}
            Event::Unknown => {
                self.troubles.push(Trouble { entry: commit.clone(), what: TroubleKind::Unknown });
            }
        }
    }

    fn cut(&mut self, cut: &Cut, entry: &Entry, at: Timestamp) {
        self.slot = self.slot.max(cut.slot);
        if cut.kind.is_regular() {
            self.last_cut = Some(cut.from.clone());
        }
        let develop = &cut.policy.branches.develop;
        self.founded_on.get_or_insert_with(|| develop.clone());
        self.develop = Some(develop.clone());
        let heads = BTreeMap::from([(cut.head.clone(), at)]);
        let candidate = Candidate {
            cut: cut.clone(),
            policy_from: cut.from.clone(),
            cut_at: at,
            by: entry.by.clone(),
            rcs: Vec::new(),
            heads,
            approvals: Vec::new(),
            waivers: Vec::new(),
            reports: Vec::new(),
            reporters: BTreeSet::new(),
            hold: None,
            requested: None,
            operation: None,
            refused: None,
            carried: None,
        };
        // A version is cut once; a second entry for it (a forged one) changes nothing.
        if !self.releases.contains_key(&cut.version) && !self.withdrawn.contains_key(&cut.version) {
            self.candidates.entry(cut.version).or_insert(candidate);
        }
    }

    fn release(&mut self, operation: &OperationId, version: Version, at: Timestamp) {
        let Some(candidate) = self.candidates.get(&version) else { return };
        let Some(flight) = candidate.operation.as_ref().filter(|f| f.plan.id == *operation) else { return };
        let release = Release {
            tag: flight.plan.tag.clone(),
            commit: flight.plan.commit.clone(),
            stable: flight.plan.new_stable.clone(),
            object: flight.plan.new_tag.clone(),
            at,
            operation: operation.clone(),
            cut_at: candidate.cut_at,
            rc: candidate.rcs.last().map_or(0, |rc| rc.n),
            stable_branch: flight.plan.stable_branch.clone(),
            policy_from: candidate.policy_from.clone(),
            after: candidate.cut.policy.after.clone(),
            steps: BTreeMap::new(),
        };
        crate::notice::forget(&mut self.told, &format!("{version} "));
        for rc in &candidate.rcs {
            self.checks.remove(&rc.commit);
            self.experiments.forget(&rc.commit);
        }
        if candidate.cut.kind.is_regular() {
            self.last_ended = Some(at);
        }
        self.candidates.remove(&version);
        self.releases.insert(version, release);
    }

    /// Ends a candidate without a release; gives what is known of one that ended so before.
    fn ended(&mut self, version: Version, reason: &str, by: &str) -> Option<Withdrawal> {
        let Some(candidate) = self.candidates.remove(&version) else {
            return self.withdrawn.get(&version).cloned();
        };
        for rc in &candidate.rcs {
            self.checks.remove(&rc.commit);
            self.experiments.forget(&rc.commit);
        }
        let Cut { kind, branch, .. } = candidate.cut;
        if kind.is_regular() {
            self.last_ended = Some(self.at);
            // What it would have brought is new again.
            let others = self.candidates.values().filter(|c| c.cut.kind.is_regular());
            self.last_cut = others.max_by_key(|c| c.cut_at).map(|c| c.cut.from.clone());
        }
        Some(Withdrawal {
            kind,
            branch,
            reason: reason.to_owned(),
            by: by.to_owned(),
            at: self.at,
            head: None,
            archives: Vec::new(),
            fixes: Vec::new(),
        })
    }

    pub(crate) fn with(&mut self, version: Version, change: impl FnOnce(&mut Candidate)) {
        if let Some(candidate) = self.candidates.get_mut(&version) {
            change(candidate);
        }
    }

    fn in_flight(&mut self, operation: &OperationId, change: impl FnOnce(&mut Flight)) {
        let flight = self.candidates.values_mut().filter_map(|c| c.operation.as_mut());
        if let Some(flight) = flight.into_iter().find(|f| f.plan.id == *operation) {
            change(flight);
        }
    }
}

impl Hold {
    /// Keeps the one that lasts longer: only lifting ends a stop early.
    fn or_stricter(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.until.is_none_or(|theirs| self.until.is_some_and(|ours| ours <= theirs)) => {
                other
            }
            Some(_) | None => self,
        }
    }
}

impl Candidate {
    /// Gives the commit it is judged by: its newest rc.
    pub fn commit(&self) -> &CommitId {
        self.rcs.last().map_or(&self.cut.head, |rc| &rc.commit)
    }

    /// Gives the instant from which its newest rc soaks.
    pub fn rc_at(&self) -> Timestamp {
        self.rcs.last().map_or(self.cut_at, |rc| rc.at)
    }

    /// Gives the number of its newest rc.
    pub fn rc_number(&self) -> RcNumber {
        self.rcs.last().map_or(0, |rc| rc.n)
    }
}

/// Remembers beats in few bytes, since a ledger is mostly these: the seconds since the one before, four
/// times, one more where it passed, and two where it is vouched for.
mod beats {
    use super::Told;
    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(beats: &[Told], s: S) -> Result<S::Ok, S::Error> {
        let before = std::iter::once(0).chain(beats.iter().map(|told| told.at));
        s.collect_seq(beats.iter().zip(before).map(|(told, before)| {
            (told.at - before) * 4 + i64::from(told.passed) + 2 * i64::from(told.vouched)
        }))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Vec<Told>, D::Error> {
        let mut beats: Vec<Told> = Vec::new();
        for step in Vec::<i64>::deserialize(d)? {
            let before = beats.last().map_or(0, |told| told.at);
            let (passed, vouched) = (step & 1 == 1, step & 2 == 2);
            beats.push(Told { at: before.saturating_add(step.div_euclid(4)), passed, vouched });
        }
        Ok(beats)
    }
}

impl CheckLine {
    /// Gives the results that count, in order. Bad news counts whoever brings it.
    fn counted(&self, trust: Trust) -> impl DoubleEndedIterator<Item = &Told> {
        self.beats.iter().filter(move |told| trust == Trust::Claimed || told.vouched || !told.passed)
    }

    /// Tells whether the last result that counts was a pass; `None` where there is none.
    pub fn passed(&self, trust: Trust) -> Option<bool> {
        self.counted(trust).next_back().map(|told| told.passed)
    }

    /// Gives the start and the end of the unbroken run of passes up to the last result that counts;
    /// `None` where that is a failure. A silence longer than `every` breaks the run.
    pub fn streak(&self, every: Seconds, trust: Trust) -> Option<(Timestamp, Timestamp)> {
        let last = self.counted(trust).next_back().filter(|told| told.passed)?.at;
        let mut start = last;
        for told in self.counted(trust).rev() {
            if !told.passed || start - told.at > every.0 as i64 {
                break;
            }
            start = told.at;
        }
        Some((Timestamp::from_second(start).ok()?, Timestamp::from_second(last).ok()?))
    }
}
