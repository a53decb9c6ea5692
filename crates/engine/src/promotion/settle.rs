//! Brings a promotion in flight to its end, from whatever the refs show.

use super::outcome::{Released, Unreleased, unanswered};
use super::refs::{landed_refs, plan_refs, plan_refs_left};
use crate::ledger::append::{Draft, Landing};
use crate::{Engine, Note, PromotionRefusal, Refusal, Snapshot};
use allclear_core::Version;
use allclear_core::decide::promotion::{Step, next, standing};
use allclear_core::ledger::event::{Event, Operation};
use allclear_core::port::{PushAnswer, RefUpdate, Refs};

/// How many steps one run takes before it leaves the rest to the next.
const STEPS: u32 = 12;

impl Engine<'_> {
    /// Brings a promotion in flight to its end, from whatever the refs show.
    pub(crate) fn finish(&self, version: Version) -> Result<Option<Released>, Refusal> {
        match self.settle(version, None) {
            Ok(released) => Ok(Some(released)),
            Err(Unreleased::Replan) => Ok(None),
            Err(Unreleased::Refused(fault)) => Err(fault),
        }
    }

    pub(super) fn settle(
        &self,
        version: Version,
        mut answer: Option<PushAnswer>,
    ) -> Result<Released, Unreleased> {
        let mut moves = u32::from(answer.is_some());
        for _ in 0..STEPS {
            let snapshot =
                self.observe().map_err(|fault| if moves > 0 { unanswered(version, fault) } else { fault })?;
            if answer.is_none() {
                self.note(Note::ReadBack);
            }
            if let Some(release) = snapshot.project.releases.get(&version) {
                return Ok(Released::on_record(version, release, moves == 0));
            }
            snapshot.may_decide(self.clock.now())?;
            let Some(flight) = snapshot.project.candidates.get(&version).and_then(|c| c.operation.clone())
            else {
                return Err(Unreleased::Replan);
            };
            let op = &flight.plan;
            let Some(sight) = snapshot.facts.flights.get(&op.id).copied() else {
                return Err(unanswered(version, PromotionRefusal::RefsUnreadable).into());
            };
            let standing = standing(sight);
            let found = snapshot.assessed(version, self.clock.now());
            let clear = found.as_ref().and_then(|found| found.clear_to_finish(op, standing));
            match next(flight.phase, standing, clear.is_some()) {
                Step::Confirm { kept } => {
                    if let Landing::Landed(_) =
                        self.land(&snapshot.tip(), &self.confirm_draft(op, kept, &snapshot.refs))?
                    {
                        self.note(Note::Confirmed(version));
                        return Ok(Released::now(op));
                    }
                }
                Step::Continue(todo) => {
                    moves += 1;
                    self.carry_on(&snapshot, op, todo, moves)?;
                }
                Step::Move => {
                    let Some(clear) = clear.filter(|_| moves < 2) else {
                        return Err(self.give_up(&snapshot, op, answer.as_ref()).into());
                    };
                    if !self.has_plan_refs(&snapshot, op)? {
                        continue;
                    }
                    moves += 1;
                    answer = Some(self.push_move(&snapshot.tip(), op, clear)?.0);
                }
                Step::Fence => {
                    let fence = self.draft(vec![Event::Fenced { operation: op.id.clone() }]);
                    // Where somebody else was first, the next look shows what has become of it.
                    let (Landing::Landed(_) | Landing::Raced) = self.land(&snapshot.tip(), &fence)?;
                }
                Step::Abort(obstacle) => return Err(self.abort(&snapshot, op, obstacle)?),
                Step::Stop(obstacle) => {
                    let (operation, landed) = (op.id.clone(), landed_refs(sight));
                    return Err(
                        PromotionRefusal::LandedInPart { version, operation, landed, obstacle }.into()
                    );
                }
            }
        }
        Err(PromotionRefusal::NotAtItsEnd(version).into())
    }

    /// Tells whether the plan's own refs are on the server, without which a move shares no ref with an
    /// abort. A server that died half-way through the plan's push may have kept the entry alone: then the
    /// refs are made again where this machine has the objects, and the plan given up where it has not.
    fn has_plan_refs(&self, snapshot: &Snapshot, op: &Operation) -> Result<bool, Unreleased> {
        let missing: Vec<RefUpdate> = plan_refs(op)
            .into_iter()
            .filter(|(name, _)| snapshot.refs.get(name).is_none())
            .map(|(name, id)| RefUpdate { name, old: None, new: Some(id) })
            .collect();
        if missing.is_empty() {
            return Ok(true);
        }
        let texts = self.repo.objects(&plan_refs(op).map(|(_, id)| id))?;
        if texts.iter().any(String::is_empty) {
            let reason = "its objects did not reach the server with the plan".into();
            let abort = self.abort_draft(snapshot, op, reason, false);
            let (Landing::Landed(_) | Landing::Raced) = self.land(&snapshot.tip(), &abort)?;
            return Err(Unreleased::Replan);
        }
        let fence = self.draft(vec![Event::Fenced { operation: op.id.clone() }]);
        let fence = Draft { refs: missing, ..fence };
        let (Landing::Landed(_) | Landing::Raced) = self.land(&snapshot.tip(), &fence)?;
        Ok(false)
    }

    pub(super) fn confirm_draft(&self, op: &Operation, kept: bool, refs: &Refs) -> Draft {
        let kept = kept.then(|| refs.get(&op.branch.to_ref()).cloned()).flatten();
        let event = Event::ReleaseConfirmed { operation: op.id.clone(), version: op.version, kept };
        Draft { refs: plan_refs_left(op, refs), ..self.draft(vec![event]) }
    }
}
