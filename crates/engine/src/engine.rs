//! Whoever acts: one type, whose use cases stand in the rooms.

use crate::Note;
use allclear_core::ledger::actor::{Actor, Via};
use allclear_core::port::{Clock, Repo, Signature};

/// One person or job, at one repository, at one machine.
pub struct Engine<'a> {
    /// The repository.
    pub repo: &'a dyn Repo,
    /// Time and chance.
    pub clock: &'a dyn Clock,
    /// Who acts.
    pub by: Actor,
    /// From where.
    pub via: Via,
    /// Hears of each step.
    pub watch: &'a dyn Fn(&Note),
}

impl Engine<'_> {
    pub(crate) fn note(&self, note: Note) {
        (self.watch)(&note);
    }

    pub(crate) fn signature(&self, at: jiff::Timestamp) -> Signature {
        Signature { who: self.by.who.clone(), at }
    }
}
