//! Gives a promotion up: on record, and so that no push of it can land any more.

use super::outcome::Unreleased;
use super::refs::plan_refs_left;
use crate::ledger::append::{Draft, Landing};
use crate::{Engine, FaultKind, LedgerRefusal, PromotionRefusal, PushRefusal, Refusal, Snapshot};
use allclear_core::decide::promotion::Obstacle;
use allclear_core::ledger::event::{Event, Operation};
use allclear_core::port::PushAnswer;
use allclear_core::types::text::short;

impl Engine<'_> {
    /// Puts on record that nothing was changed. The entry is itself the fence: it moves the ledger and
    /// deletes the plan's refs, so that any push of this operation still in flight is refused. The ledger
    /// alone would not do: see [`plan_lock`](super::refs::plan_lock).
    pub(super) fn abort(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        obstacle: Option<Obstacle>,
    ) -> Result<Unreleased, Refusal> {
        let reason = obstacle.map_or("it is no longer clear", Obstacle::sentence);
        let draft = self.abort_draft(snapshot, op, reason.into(), false);
        Ok(match self.land(&snapshot.tip(), &draft)? {
            Landing::Raced => Unreleased::Replan,
            Landing::Landed(_) => match obstacle {
                Some(Obstacle::Develop) => Unreleased::Replan,
                Some(obstacle) => PromotionRefusal::GivenUp { version: op.version, obstacle }.into(),
                None => self
                    .judge(snapshot, op.version, Some(op.commit.as_str()))
                    .err()
                    .unwrap_or_else(|| LedgerRefusal::Busy.into())
                    .into(),
            },
        })
    }

    pub(crate) fn abort_draft(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        reason: String,
        refused: bool,
    ) -> Draft {
        let operation = op.id.clone();
        let events = vec![
            Event::Fenced { operation: operation.clone() },
            Event::PromotionAborted { operation, reason, refused },
        ];
        Draft { refs: plan_refs_left(op, &snapshot.refs), ..self.draft(events) }
    }

    /// Two moves changed nothing: says why, as far as the server said it.
    pub(super) fn give_up(
        &self,
        snapshot: &Snapshot,
        op: &Operation,
        answer: Option<&PushAnswer>,
    ) -> Refusal {
        let version = op.version;
        match answer {
            Some(answer) if answer.ok => PromotionRefusal::Ignored(version).into(),
            Some(answer) => {
                let refusal = Refusal::from(PushRefusal::refused(
                    answer.clone(),
                    format!("the promotion of {version}"),
                ));
                if refusal.kind() == FaultKind::Refused {
                    let reason = short(&answer.said.join(" "), 300);
                    // If this cannot be recorded either, the next tick finds the plan and comes here again.
                    drop(self.land(&snapshot.tip(), &self.abort_draft(snapshot, op, reason, true)));
                }
                refusal
            }
            None => LedgerRefusal::Busy.into(),
        }
    }
}
