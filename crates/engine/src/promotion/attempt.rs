//! Promotes a candidate that is clear: judge, build, plan on record, move, read back, confirm.

use super::build::PromotionPlan;
use super::judge::recorded;
use super::outcome::{Released, Unreleased, unanswered};
use super::refs::quick_standing;
use crate::ledger::append::Landing;
use crate::ledger::place::Tip;
use crate::look::resolve::expect_commit;
use crate::{Engine, FaultKind, Note, PromotionRefusal, Refusal, Snapshot};
use allclear_core::decide::promotion::Standing;
use allclear_core::ledger::event::Event;
use allclear_core::project::{Flight, Phase};
use allclear_core::{CommitId, Version};
use std::time::Duration;

/// How often a promotion is planned anew because develop moved.
const REPLANS: u32 = 5;

impl Engine<'_> {
    /// Promotes a candidate that is clear. `only_if` refuses any other commit.
    pub fn promote(&self, version: Option<Version>, only_if: Option<&str>) -> Result<Released, Refusal> {
        let mut wanted = version;
        let mut healed = false;
        for attempt in 1..=REPLANS {
            match self.attempt(&mut wanted, only_if) {
                Ok(released) => return Ok(released),
                Err(Unreleased::Refused(fault)) if fault.kind() == FaultKind::Broken && !healed => {
                    healed = true;
                }
                Err(Unreleased::Refused(fault)) => return Err(fault),
                Err(Unreleased::Replan) => {
                    self.note(Note::Replanning { attempt: attempt + 1 });
                    self.clock.wait(Duration::from_millis(100 << attempt));
                }
            }
        }
        Err(PromotionRefusal::DevelopKeepsMoving { times: REPLANS }.into())
    }

    /// Says what a promotion would be. Writes objects into the private store alone.
    pub fn promote_dry(
        &self,
        version: Option<Version>,
        only_if: Option<&str>,
    ) -> Result<(PromotionPlan, Result<(), Refusal>), Refusal> {
        let snapshot = self.observe()?;
        snapshot.may_decide(self.clock.now())?;
        let (version, _) = snapshot.pick(version)?;
        let judged = self.judge(&snapshot, version, only_if);
        let (plan, _) = self.build(&snapshot, version)?;
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

    /// Tries once. `wanted` is filled in where it was left out, so that another try is about the same.
    fn attempt(&self, wanted: &mut Option<Version>, only_if: Option<&str>) -> Result<Released, Unreleased> {
        let snapshot = self.observe()?;
        if let Some((version, release)) = wanted.and_then(|v| Some((v, snapshot.project.releases.get(&v)?))) {
            return Ok(Released::on_record(version, release, true));
        }
        snapshot.may_decide(self.clock.now())?;
        let (version, candidate) = snapshot.pick(*wanted)?;
        *wanted = Some(version);
        if candidate.operation.is_none() {
            snapshot.may_act()?;
        }
        if let Some(flight) = &candidate.operation {
            expect_commit(&flight.plan.commit, only_if)?;
            return self.settle(version, None);
        }
        self.judge(&snapshot, version, only_if)?;
        self.note(Note::Judged(candidate.commit().clone()));
        let (plan, mut draft) = self.build(&snapshot, version)?;
        self.note(Note::Built);
        draft.facts = recorded(&snapshot, version, self.clock.now());
        let operation = plan.operation;
        match self.land(&snapshot.tip(), &draft)? {
            Landing::Landed(head) => {
                self.note(Note::Planned(operation.id.clone()));
                let by = self.by.who.clone();
                let flight =
                    Flight { planned_at: self.clock.now(), by, phase: Phase::Planned, plan: operation };
                self.move_and_confirm(&snapshot, head, &flight)
            }
            Landing::Raced => Err(Unreleased::Replan),
        }
    }

    /// The straight way: move, read back, confirm. Anything unexpected goes on in [`Self::settle`].
    fn move_and_confirm(
        &self,
        snapshot: &Snapshot,
        head: CommitId,
        flight: &Flight,
    ) -> Result<Released, Unreleased> {
        let op = &flight.plan;
        let tip = Tip { head: Some(head), entries: snapshot.project.entries + 1, ..snapshot.tip() };
        // Building and planning took their time; what was clear then may not be now.
        let Ok(clear) = self.judge(snapshot, op.version, Some(op.commit.as_str())) else {
            return self.settle(op.version, None);
        };
        let (answer, moving) = self.push_move(&tip, op, &clear)?;
        let refs = self.repo.refs().map_err(|e| unanswered(op.version, e))?;
        self.note(Note::ReadBack);
        if quick_standing(&refs, op) == Some(Standing::Done { kept: false }) {
            let draft = self.confirm_draft(op, false, &refs);
            if let Ok(Landing::Landed(_)) = self.land(&Tip { head: Some(moving), ..tip }, &draft) {
                self.note(Note::Confirmed(op.version));
                return Ok(Released::now(op));
            }
        }
        self.settle(op.version, Some(answer))
    }
}
