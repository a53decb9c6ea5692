//! One decision of a person: look, choose, sign, append, until it lands.

use crate::engine::healed;
use crate::ledger::append::{DEADLINE, Draft, Landing};
use crate::{Engine, LedgerRefusal, Note, Refusal, Snapshot};
use allclear_core::port::ObjectKind;

impl Engine<'_> {
    /// Observes, decides and appends, again and again until it lands: decisions are judged anew
    /// after every lost race.
    pub(crate) fn decide<T>(
        &self,
        choose: impl Fn(&Snapshot) -> Result<(Draft, T), Refusal>,
    ) -> Result<T, Refusal> {
        self.identified()?;
        healed(|| self.decide_until_landed(&choose))
    }

    fn decide_until_landed<T>(
        &self,
        choose: &impl Fn(&Snapshot) -> Result<(Draft, T), Refusal>,
    ) -> Result<T, Refusal> {
        let deadline = DEADLINE.after(self.clock.now());
        let mut before: Option<Snapshot> = None;
        // Many decisions tag something.
        self.repo.prepare(&[ObjectKind::Commit, ObjectKind::Tag]);
        loop {
            let snapshot = self.observe()?;
            if let Some(before) = &before {
                self.note(Note::Overtaken { by: self.overtaken_by(before, &snapshot)? });
            }
            let stopped = snapshot.may_decide(self.clock.now());
            let (draft, answer) = match choose(&snapshot) {
                Ok((draft, answer)) if draft.is_always_recorded() => {
                    snapshot.may_record()?;
                    (draft, answer)
                }
                Ok(chosen) => stopped.map(|()| chosen)?,
                Err(refused) => return Err(stopped.err().unwrap_or(refused)),
            };
            // What is on record already is not told again.
            if draft.events.is_empty() && draft.refs.is_empty() {
                return Ok(answer);
            }
            let draft = self.signed(draft, &snapshot.project, snapshot.policy.get())?;
            match self.land(&snapshot.tip(), &draft)? {
                Landing::Landed => return Ok(answer),
                Landing::Raced if self.clock.now() >= deadline => return Err(LedgerRefusal::Busy.into()),
                Landing::Raced => {
                    self.pause();
                    before = Some(snapshot);
                }
            }
        }
    }
}
