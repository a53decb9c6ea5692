//! Folds the ledger into what has happened. Total, and linear in the number of entries.

use crate::ledger::entry::{Body, Entry, Link, TOLERANCE};
use crate::ledger::event::{CheckOutcome, Event};
use crate::project::checks::CheckResult;
use crate::project::evolve::steps;
use crate::project::notified;
use crate::project::state::{Hold, LedgerFreeze, Project, Rc, Request, Trouble, TroubleKind};
use crate::project::trust::{Act, Level, is_vouched};
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Folds links one by one, root first, so that only one has to be in memory.
#[derive(Debug, Default)]
pub struct Fold {
    project: Project,
    striking: BTreeMap<CommitId, Timestamp>,
    found: BTreeMap<CommitId, Timestamp>,
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
        if let Body::Entry(entry) = &link.body {
            for event in &entry.events {
                if let Event::Struck { entry: target, .. } = event {
                    // Of several strikes the earliest claimed time counts, since it lets the most entries be struck.
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
/// bad news away; and a promotion, of which what the refs show stays landed.
pub fn may_strike(link: &Link, now: Timestamp) -> bool {
    match &link.body {
        Body::Void(_) => true,
        Body::Entry(entry) => {
            let strikes = |event: &Event| matches!(event, Event::Unknown | Event::Promoted(_));
            entry.claimed > TOLERANCE.after(now) || entry.events.iter().any(strikes)
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
            // It stays in the chain, since tags name it.
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
                // Most events of a ledger are results of known checks, so nothing is copied for them.
                let known = self.checks.get_mut(commit).and_then(|lines| lines.get_mut(name));
                let line = match known {
                    Some(line) => line,
                    None => self.checks.entry(commit.clone()).or_default().entry(name.clone()).or_default(),
                };
                let passed = *outcome == CheckOutcome::Passed;
                let vouched = is_vouched(Act::Check(name), level);
                line.beats.push(CheckResult { at: at.as_second(), passed, vouched });
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
            | Event::ReportResolved { .. } => self.take_from_people(event, entry, commit, level),
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
                        c.refused = None;
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
                self.troubles.push(Trouble { entry: commit.clone(), what: TroubleKind::Unknown });
            }
        }
    }
}
