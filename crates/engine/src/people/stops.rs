//! A person's stops: holds and freezes.

use super::reason::reason;
use crate::{Engine, LedgerRefusal, PeopleRefusal, Refusal};
use allclear_core::Version;
use allclear_core::ledger::event::Event;
use allclear_core::policy::Stops;
use jiff::Timestamp;

impl Engine<'_> {
    /// Stops a candidate.
    pub fn hold(
        &self,
        version: Option<Version>,
        why: &str,
        until: Option<Timestamp>,
    ) -> Result<Version, Refusal> {
        let why = reason(why)?;
        self.in_future(until)?;
        self.decide(|snapshot| {
            let (version, _) = snapshot.pick(version)?;
            Ok((self.draft(vec![Event::Held { version, reason: why.clone(), until }]), version))
        })
    }

    /// Lifts the stop. Lifting none is done already.
    pub fn lift_hold(&self, version: Option<Version>, why: Option<&str>) -> Result<Version, Refusal> {
        let reason = why.map(reason).transpose()?;
        let snapshot = self.observe()?;
        let (version, candidate) = snapshot.pick(version)?;
        if candidate.hold.is_none() {
            return Ok(version);
        }
        let lifted = Event::HoldLifted { version, reason };
        self.decide(|_| Ok((self.draft(vec![lifted.clone()]), version)))
    }

    /// Stops the calendar.
    pub fn freeze(&self, why: &str, until: Timestamp, stops: Stops) -> Result<(), Refusal> {
        let why = reason(why)?;
        self.in_future(Some(until))?;
        self.decide(|snapshot| {
            if snapshot.project.head.is_none() {
                return Err(LedgerRefusal::NotBegun.into());
            }
            Ok((self.draft(vec![Event::Frozen { reason: why.clone(), until, stops }]), ()))
        })
    }

    /// Lifts all freezes that people set; those of the policy stay. Tells how many there were.
    pub fn lift_freeze(&self, why: Option<&str>) -> Result<usize, Refusal> {
        let reason = why.map(reason).transpose()?;
        let now = self.clock.now();
        let seen = self.observe()?;
        let open = seen.project.freezes_from(now, seen.project.trust(seen.policy.get())).count();
        if open == 0 {
            return Ok(0);
        }
        let lifted = Event::FreezeLifted { reason };
        self.decide(|_| Ok((self.draft(vec![lifted.clone()]), open)))
    }

    fn in_future(&self, until: Option<Timestamp>) -> Result<(), Refusal> {
        match until {
            Some(until) if until <= self.clock.now() => Err(PeopleRefusal::OverAlready(until).into()),
            Some(_) | None => Ok(()),
        }
    }
}
