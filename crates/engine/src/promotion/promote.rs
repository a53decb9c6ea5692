//! Promotes a candidate that is clear: look, judge, build, one push, look.

use super::build::PromotionPlan;
use super::outcome::{Attempt, Released};
use super::push::unanswered;
use crate::engine::healed;
use crate::ledger::append::DEADLINE;
use crate::look::resolve::expect_commit;
use crate::people::reason::reason;
use crate::{Engine, Note, PromotionRefusal, Refusal, Snapshot};
use allclear_core::decide::assess::Clear;
use allclear_core::ledger::event::Event;
use allclear_core::port::ObjectKind;
use allclear_core::{CommitId, Version};
use jiff::Timestamp;
use std::time::Duration;

/// After how many lost races observations are asked to wait.
const RACES: u32 = 3;

/// How many steps one run takes before it leaves the rest to the next.
const STEPS: u32 = 12;

/// What is wanted of a promotion.
#[derive(Clone, Copy)]
pub(super) enum Wanted<'a> {
    /// The release, if it is clear.
    Release,
    /// The end of what is begun, and nothing else.
    Finish,
    /// The end of what is begun though it is not clear, for a captain's reason.
    Complete(&'a str),
}

/// What one command has tried so far.
pub(super) struct Tried {
    /// The version that it is about, once that is known.
    pub(super) version: Option<Version>,
    /// The ids of the promotions that it pushed or completed.
    pub(super) ours: Vec<String>,
    /// The look before a lost race.
    before: Option<Snapshot>,
    /// Until when a lost race is tried again.
    deadline: Timestamp,
}

impl Engine<'_> {
    /// Promotes a candidate that is clear. `only_if` refuses any other commit.
    pub fn promote(&self, version: Option<Version>, only_if: Option<&str>) -> Result<Released, Refusal> {
        let nothing = || PromotionRefusal::NothingToFinish(version).into();
        self.until_released(version, only_if, Wanted::Release)?.ok_or_else(nothing)
    }

    /// Completes a release that landed, whole or in part, though it is not clear: a captain's decision.
    pub fn complete(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
        why: &str,
    ) -> Result<Released, Refusal> {
        let why = reason(why)?;
        let nothing = || PromotionRefusal::NothingToFinish(version).into();
        self.until_released(version, only_if, Wanted::Complete(&why))?.ok_or_else(nothing)
    }

    /// Brings a promotion that is begun to its end; `None` where there is nothing to finish any more.
    pub(crate) fn finish(&self, version: Version) -> Result<Option<Released>, Refusal> {
        self.until_released(Some(version), None, Wanted::Finish)
    }

    fn until_released(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
        wanted: Wanted<'_>,
    ) -> Result<Option<Released>, Refusal> {
        let deadline = DEADLINE.after(self.clock.now());
        let mut tried = Tried { version, deadline, ours: Vec::new(), before: None };
        let (mut races, mut steps) = (0, 0);
        self.repo.prepare(&[ObjectKind::Commit, ObjectKind::Tag]);
        loop {
            match healed(|| self.attempt(&mut tried, only_if, wanted))? {
                Attempt::Released(released) => return Ok(Some(released)),
                Attempt::Nothing => return Ok(None),
                Attempt::Progress if steps >= STEPS || self.clock.now() >= tried.deadline => {
                    return Err(PromotionRefusal::NotAtItsEnd(tried.version).into());
                }
                Attempt::Progress => steps += 1,
                Attempt::Raced => {
                    races += 1;
                    if let Some(version) = tried.version.filter(|_| races == RACES) {
                        self.ask_for_quiet(version)?;
                    }
                    self.clock.wait(Duration::from_millis(50 << races.min(6)));
                }
            }
        }
    }

    fn attempt(
        &self,
        tried: &mut Tried,
        only_if: Option<&str>,
        wanted: Wanted<'_>,
    ) -> Result<Attempt, Refusal> {
        let about = |fault: Refusal| match tried.version {
            Some(version) if !tried.ours.is_empty() => unanswered(version, fault),
            _ => fault,
        };
        let snapshot = self.observe().map_err(about)?;
        let before = tried.before.take();
        let overtaken = before.map(|before| self.overtaken_by(&before, &snapshot)).transpose()?;
        if let Some(by) = &overtaken {
            self.note(Note::Overtaken { by: by.clone() });
        }
        let now = self.clock.now();
        let released = tried.version.and_then(|v| Some((v, snapshot.project.releases.get(&v)?)));
        if let Some((version, release)) = released {
            let before = !tried.ours.contains(&release.entry);
            if !before && snapshot.facts.leftover.as_ref().is_some_and(|left| left.version == version) {
                // Where this fails, any tick ends the branch.
                drop(self.end_branch(version));
            }
            return Ok(Attempt::Released(Released::on_record(version, release, before)));
        }
        let unfinished = snapshot.unfinished(now);
        if let Some(by) = overtaken.filter(|_| now >= tried.deadline) {
            return Err(match unfinished {
                Some(_) => PromotionRefusal::NotAtItsEnd(tried.version).into(),
                None => PromotionRefusal::KeepsMoving { version: tried.version, by }.into(),
            });
        }
        snapshot.may_decide(now)?;
        // What is begun comes before all else.
        if let Some(found) = unfinished {
            let version = *tried.version.get_or_insert(found.version);
            if version == found.version {
                let candidate = &snapshot.project.candidates[&version];
                let commit = candidate.promoted.as_ref().map_or(&found.commit, |p| &p.promotion.commit);
                expect_commit(commit, only_if)?;
            }
            let attempt = self.take_step(tried, &snapshot, &found, wanted)?;
            tried.before = matches!(attempt, Attempt::Raced).then_some(snapshot);
            return Ok(attempt);
        }
        if let Wanted::Finish = wanted {
            return Ok(Attempt::Nothing);
        }
        let (version, _) = snapshot.pick(tried.version)?;
        tried.version = Some(version);
        if let Wanted::Complete(_) = wanted {
            return Err(PromotionRefusal::NothingToFinish(Some(version)).into());
        }
        snapshot.may_act()?;
        let clear = self.judge(&snapshot, version, only_if)?;
        self.note(Note::Judged(clear.commit().clone()));
        let (plan, draft) = self.build(&snapshot, version, None)?;
        self.note(Note::Built);
        let clear =
            if clear.at() == self.clock.now() { clear } else { self.judge(&snapshot, version, only_if)? };
        tried.ours.push(draft.id.clone());
        let attempt = self.push_promotion(&snapshot.tip(), &plan.promotion, &draft, &clear)?;
        tried.before = matches!(attempt, Attempt::Raced).then_some(snapshot);
        Ok(attempt)
    }

    /// Refuses what is not clear: every enforced gate, for exactly the rc's commit, now.
    fn judge(&self, snapshot: &Snapshot, version: Version, only_if: Option<&str>) -> Result<Clear, Refusal> {
        let Some(found) = snapshot.assessed(version, self.clock.now()) else {
            return Err(PromotionRefusal::NotOpen(version).into());
        };
        expect_commit(&found.commit, only_if)?;
        found.clear().cloned().ok_or_else(|| {
            PromotionRefusal::NotClear { version, blockers: found.blockers().cloned().collect() }.into()
        })
    }

    /// Says what a promotion would be. Writes objects into the private store alone.
    pub fn promote_dry(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
    ) -> Result<(PromotionPlan, Result<(), Refusal>), Refusal> {
        let snapshot = self.observe()?;
        let now = self.clock.now();
        snapshot.may_decide(now)?;
        let (version, _) = snapshot.pick(version)?;
        snapshot.none_unfinished(now)?;
        let judged = self.judge(&snapshot, version, only_if);
        let (plan, _) = self.build(&snapshot, version, None)?;
        Ok((plan, judged.map(drop)))
    }

    /// Records the wish to promote exactly this commit as soon as it is clear; any tick fulfils it.
    pub fn promote_when_clear(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
    ) -> Result<(Version, CommitId), Refusal> {
        self.decide(|snapshot| {
            snapshot.may_act()?;
            let (version, _) = snapshot.pick(version)?;
            let head = snapshot.facts.candidates.get(&version).and_then(|s| s.head.clone());
            let Some(commit) = head else {
                return Err(PromotionRefusal::BranchGone(version).into());
            };
            expect_commit(&commit, only_if)?;
            Ok((
                self.draft(vec![Event::PromotionRequested { version, commit: commit.clone() }]),
                (version, commit),
            ))
        })
    }
}
