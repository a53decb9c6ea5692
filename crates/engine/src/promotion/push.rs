//! The pushes of a promotion: the one that moves, and those that clear away.

use super::refs::{plan_lock, release_refs, stale_plan_refs};
use crate::ledger::place::Tip;
use crate::look::resolve::expect_commit;
use crate::{Engine, Note, PromotionRefusal, Refusal, Snapshot};
use allclear_core::CommitId;
use allclear_core::decide::assess::Clear;
use allclear_core::ledger::event::{Event, Operation};
use allclear_core::port::{PushAnswer, RefUpdate};

impl Engine<'_> {
    /// The one push: all four refs and the ledger, each only if it is what the plan expects.
    pub(super) fn push_move(
        &self,
        tip: &Tip,
        op: &Operation,
        clear: &Clear,
    ) -> Result<(PushAnswer, CommitId), Refusal> {
        expect_commit(clear.commit(), Some(op.commit.as_str()))?;
        let draft = self.draft(vec![Event::PromotionMoving { operation: op.id.clone() }]);
        let entry = self.write_entry(tip, &draft)?;
        let place = tip.place.clone().ok_or(PromotionRefusal::LedgerGone)?;
        let mut updates = release_refs(op);
        updates.push(plan_lock(op));
        updates.push(RefUpdate { name: place, old: tip.head.clone(), new: Some(entry.clone()) });
        self.note(Note::Moving(op.id.clone()));
        // Whatever the push says, the refs are read next; its words are for people.
        let answer = self
            .repo
            .push(&updates)
            .unwrap_or_else(|e| PushAnswer { said: vec![e.to_string()], ..PushAnswer::default() });
        self.note(Note::Moved(op.id.clone()));
        Ok((answer, entry))
    }

    /// Deletes the refs of operations that are over, where a push that should have done it was cut short.
    pub(crate) fn delete_stale_refs(&self, snapshot: &Snapshot) -> Result<(), Refusal> {
        if stale_plan_refs(snapshot).is_empty() {
            return Ok(());
        }
        // A plan's entry and refs may be listed in two halves; what is stale twice is stale.
        let updates = stale_plan_refs(&self.observe()?);
        if !updates.is_empty() {
            self.repo.push(&updates)?;
        }
        Ok(())
    }
}
