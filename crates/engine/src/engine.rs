//! Whoever acts: one type. Its use cases stand in the folders beside this file.

use crate::{FaultKind, LedgerRefusal, Note, Refusal};
use allclear_core::ledger::actor::{Actor, Via};
use allclear_core::port::notify::Notify;
use allclear_core::port::steps::Steps;
use allclear_core::port::{Clock, Repository, Signature};
use allclear_core::types::person::is_somebody;

/// One person or job, at one repository, at one machine.
pub struct Engine<'a> {
    pub repo: &'a dyn Repository,
    /// What runs the project's own commands on this machine; `None` where nothing may be run.
    pub steps: Option<&'a dyn Steps>,
    /// What delivers notices from this machine; `None` where nothing is delivered.
    pub notify: Option<&'a dyn Notify>,
    /// Time and chance.
    pub clock: &'a dyn Clock,
    /// Who acts.
    pub by: Actor,
    /// Whom git knows here, where that is somebody else.
    pub recorded_by: Option<Actor>,
    pub via: Via,
    /// Hears of each step.
    pub watch: &'a (dyn Fn(&Note) + Sync),
}

impl Engine<'_> {
    pub(crate) fn note(&self, note: Note) {
        (self.watch)(&note);
    }

    /// Refuses to act for nobody.
    pub(crate) fn identified(&self) -> Result<(), LedgerRefusal> {
        if is_somebody(&self.by.who) { Ok(()) } else { Err(LedgerRefusal::NoIdentity) }
    }

    pub(crate) fn signature(&self, at: jiff::Timestamp) -> Signature {
        Signature { who: self.by.who.clone(), at }
    }
}

/// Does something that begins with a look; and once more where the private store turned out to be damaged, and
/// was made again: nothing that was built by then was sent.
pub(crate) fn healed<T>(mut act: impl FnMut() -> Result<T, Refusal>) -> Result<T, Refusal> {
    match act() {
        Err(fault) if fault.kind() == FaultKind::Broken => act(),
        done => done,
    }
}
