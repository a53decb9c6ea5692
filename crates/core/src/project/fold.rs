//! Folds the ledger into what has happened. Total, and linear in the number of entries.

use crate::ledger::authority::Authority;
use crate::ledger::entry::{Body, Entry, Link, RULES, TOLERANCE};
use crate::ledger::event::{CheckOutcome, Event};
use crate::project::checks::CheckResult;
use crate::project::evolve::steps;
use crate::project::notified;
use crate::project::state::{Hold, LedgerFreeze, Project, Rc, Request, Strike, Trouble, TroubleKind};
use crate::project::trust::{Level, is_vouched, told_by};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use std::collections::BTreeMap;

/// How far the number of an rc may be above the last one.
const RC_STEP: u32 = 1000;

/// Folds links one by one, root first, so that only one has to be in memory.
#[derive(Debug, Default)]
pub struct Fold {
    project: Project,
    /// What strikes each entry, as it was found on the way before.
    striking: BTreeMap<CommitId, Strike>,
    /// The strikes on the way, in their order: which entry strikes which.
    found: Vec<(CommitId, CommitId, Strike)>,
}

impl Fold {
    /// Continues an earlier fold of the same chain.
    pub fn onto(project: Project) -> Self {
        Self { project, ..Self::default() }
    }

    pub(crate) fn project(&self) -> &Project {
        &self.project
    }

    /// Takes the next link, and tells how far its entry is proven.
    pub fn add(&mut self, link: &Link) -> Level {
        let level = self.project.apply(link, self.striking.get(&link.commit));
        let Body::Entry(entry) = &link.body else { return level };
        for event in &entry.events {
            if let Event::Struck { entry: target, .. } = event
                && self.project.heeds_strike(&link.commit, target, &level)
            {
                let strike = Strike { claimed: entry.claimed, needs: entry.needs };
                self.found.push((link.commit.clone(), target.clone(), strike));
            }
        }
        level
    }

    /// Gives the project; or, where a later entry strikes an earlier one, a fold that knows of it
    /// and wants all links once more.
    #[expect(clippy::result_large_err, reason = "both are large, and it is called once per look")]
    pub fn finish(self) -> Result<Project, Self> {
        let known = |(target, by): (&CommitId, &Strike)| {
            let all = self.striking.get(target).or_else(|| self.project.struck.get(target));
            all.is_some_and(|all| all.and(*by) == *all)
        };
        let found = joined(&self.found);
        if found.iter().all(known) {
            Ok(self.project)
        } else {
            Err(Self { striking: found, ..Self::default() })
        }
    }
}

/// Joins all strikes of each entry: the one that hits most counts. Whoever strikes and is struck says so as of that
/// strike: a date that is far ahead would else vouch for the date of what it strikes, and that for its own.
fn joined(found: &[(CommitId, CommitId, Strike)]) -> BTreeMap<CommitId, Strike> {
    let mut all: BTreeMap<CommitId, Strike> = BTreeMap::new();
    // What strikes an entry comes after it.
    for (by, target, strike) in found.iter().rev() {
        let strike = all.get(by).map_or(*strike, |later| strike.and(*later));
        all.entry(target.clone()).and_modify(|known| *known = known.and(strike)).or_insert(strike);
    }
    all
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

/// Puts an id where another one is, in the same memory.
fn keep(place: &mut Option<CommitId>, id: &CommitId) {
    match place {
        Some(old) => old.clone_from(id),
        None => *place = Some(id.clone()),
    }
}

impl Project {
    fn apply(&mut self, link: &Link, strike: Option<&Strike>) -> Level {
        if self.root.is_none() {
            self.root = Some(link.commit.clone());
        }
        keep(&mut self.head, &link.commit);
        self.entries += 1;
        let level = self.take(link, strike);
        self.said.pass(&link.commit);
        level
    }

    fn take(&mut self, link: &Link, strike: Option<&Strike>) -> Level {
        let entry = match &link.body {
            Body::Entry(entry) => entry,
            Body::Void(_) if let Some(strike) = strike => {
                self.struck.insert(link.commit.clone(), *strike);
                return Level::Claimed;
            }
            Body::Void(why) => {
                self.trouble(&link.commit, TroubleKind::Void(why.clone()));
                return Level::Claimed;
            }
        };
        let level = self.level(link, entry);
        if let Some(strike) = strike.filter(|strike| strike.hits(entry, self)) {
            self.take_struck(&link.commit, entry, *strike, &level);
            return level;
        }
        self.at = self.at.max(entry.claimed);
        self.needs = self.needs.max(entry.needs);
        if entry.needs > RULES {
            self.trouble(&link.commit, TroubleKind::Needs(entry.needs));
        }
        match &mut self.latest_claim {
            Some((_, claimed)) if *claimed > entry.claimed => {}
            Some((commit, claimed)) => {
                commit.clone_from(&link.commit);
                *claimed = entry.claimed;
            }
            None => self.latest_claim = Some((link.commit.clone(), entry.claimed)),
        }
        for event in &entry.events {
            self.evolve(event, entry, &link.commit, &level);
        }
        level
    }

    /// Notes what is wrong with an entry, once.
    pub(super) fn trouble(&mut self, entry: &CommitId, what: TroubleKind) {
        if self.troubles.last().is_none_or(|last| last.entry != *entry) {
            self.troubles.push(Trouble { entry: entry.clone(), what });
        }
    }

    pub(super) fn evolve(&mut self, event: &Event, entry: &Entry, commit: &CommitId, level: &Level) {
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
            Event::LedgerMoved { to } => self.moved_to = Some((commit.clone(), to.clone())),
            Event::CandidateCut(cut) => {
                self.close_others(cut.version);
                self.cut(cut, entry, at);
            }
            Event::HeadSeen { version, commit } => {
                self.with(*version, |c| {
                    // Settling begins again with every change, also with a change back.
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
                    let before = c.rc_number();
                    match c.rcs.last_mut().filter(|last| last.n == rc.n && last.commit == rc.commit) {
                        Some(last) => (last.tag, last.object) = (rc.tag, rc.object),
                        // Numbers are counted up, and never out of range.
                        None if rc.n > before && rc.n - before <= RC_STEP => c.rcs.push(rc),
                        None => {}
                    }
                });
            }
            Event::SlotSkipped { slot, reason } => {
                // A slot is over when it is told; who tells of a later one would stop the train.
                if *slot <= TOLERANCE.after(at) {
                    self.slot = self.slot.max(Some(*slot));
                    self.skipped = Some((*slot, *reason));
                }
            }
            Event::CheckRecorded { name, outcome, commit, url } => {
                // Most events of a ledger are results of known checks, so nothing is copied for them.
                let known = self.checks.get_mut(commit).and_then(|lines| lines.get_mut(name));
                let line = match known {
                    Some(line) => line,
                    None => self.checks.entry(commit.clone()).or_default().entry(name.clone()).or_default(),
                };
                let passed = *outcome == CheckOutcome::Passed;
                let vouched = is_vouched(Authority::Checker(name), level);
                line.beats.push(CheckResult { at: at.as_second(), passed, vouched });
                line.by.clear();
                line.by.push_str(&told_by(entry, level));
                line.url.clone_from(url);
            }
            Event::ExperimentEnded(summary) => self.tried(summary, entry, level),
            Event::CommitAccepted { .. }
            | Event::Approved { .. }
            | Event::Waived { .. }
            | Event::WaiverLifted { .. }
            | Event::ReportFiled { .. }
            | Event::ReportConfirmed { .. }
            | Event::ReportResolved { .. } => self.take_from_people(event, entry, commit, level),
            Event::Held { version, reason, until } => {
                let hold = Hold { reason: reason.clone(), by: told_by(entry, level).into(), until: *until };
                self.with(*version, |c| c.hold = Some(hold.or_stricter(c.hold.take())));
            }
            Event::HoldLifted { version, .. } => {
                if self.may_decide(*version, event, commit, level) {
                    self.with(*version, |c| c.hold = None);
                }
            }
            Event::Frozen { reason, until, stops } => self.freezes.push(LedgerFreeze {
                reason: reason.clone(),
                by: told_by(entry, level).into(),
                from: at,
                until: *until,
                stops: *stops,
                lifted: false,
            }),
            Event::FreezeLifted { .. } => {
                let open: Vec<Version> = self.candidates.keys().copied().collect();
                if open.into_iter().all(|v| self.may_decide(v, event, commit, level)) {
                    if is_vouched(event.authority(), level) {
                        self.freezes.clear();
                    }
                    // With no candidate open the policy on develop says whether a claim is enough.
                    for freeze in &mut self.freezes {
                        freeze.lifted = true;
                    }
                }
            }
            Event::PromotionRequested { version, commit: wanted } => {
                if self.may_decide(*version, event, commit, level) {
                    let request = Request { commit: wanted.clone(), by: told_by(entry, level).into() };
                    self.with(*version, |c| (c.requested, c.refused) = (Some(request), None));
                }
            }
            Event::PolicyAdopted { version, policy, digest, from, .. } => {
                if self.may_decide(*version, event, commit, level) {
                    self.with(*version, |c| {
                        (c.refused, c.adopted) = (None, true);
                        c.policy_from.clone_from(from);
                        c.cut.policy = (**policy).clone();
                        c.cut.digest.clone_from(digest);
                    });
                }
            }
            Event::Promoted(promotion) => self.promoted(promotion, entry, commit, level),
            Event::PromotionContinued { version, entry, stable, reason } => {
                self.continued(*version, entry, *stable, reason.as_ref());
            }
            Event::PromotionRefused { version, commit, said } => {
                self.with(*version, |c| c.refused = Some((commit.clone(), said.clone())));
            }
            Event::RacesLost { until, .. } => self.quiet_until = Some((*until).min(TOLERANCE.after(at))),
            Event::LandingSeen { version, stable, open, .. } => {
                self.with(*version, |c| c.landed = Some((stable.clone(), open.clone())));
            }
            Event::Withdrawn { version, reason, head, archive, fixes } => {
                if let Some(mut known) = self.ended(*version, reason, &told_by(entry, level)) {
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
                self.close_others(*version);
                self.with(*version, |c| c.carried = Some(commit.clone()));
            }
            Event::StepStarted { version, .. }
            | Event::StepDone { version, .. }
            | Event::StepFailed { version, .. }
            | Event::StepRetried { version, .. } => {
                // Steps follow what the refs showed.
                if self.candidates.get(version).is_some_and(|c| c.promoted.is_some()) {
                    self.close(*version);
                }
                steps::evolve(self, event, at);
            }
            Event::Noticed { .. } | Event::NoticeFailed { .. } => {
                notified::evolve(&mut self.told, event, at);
            }
            // That `Turned` is on the chain is all: no push from before it lands any more.
            Event::Struck { .. } | Event::Turned { .. } => {}
            Event::Unknown => {
                self.trouble(commit, TroubleKind::Unknown);
            }
        }
    }
}
