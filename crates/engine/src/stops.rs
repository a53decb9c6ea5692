//! A person's stops: hold, freeze, and striking an entry that cannot be believed; and adopting a policy.

use crate::append::Tip;
use crate::{Engine, Fault, FaultKind};
use allclear_core::event::Event;
use allclear_core::ledger::{self};
use allclear_core::policy::{Difference, Stops, differences, digest};
use allclear_core::project::may_strike;
use allclear_core::{CommitId, Version};
use jiff::Timestamp;

/// Checks a reason that goes on record.
pub(crate) fn reason(text: &str) -> Result<String, Fault> {
    let text = text.trim();
    if text.chars().filter(|c| c.is_alphanumeric()).count() < 2 {
        let mut what = "a reason is needed, for those who read the record later".to_owned();
        if !text.is_empty() {
            what.push_str(&format!("; `{}` says too little", allclear_core::text::short(text, 20)));
        }
        return Err(Fault::new(FaultKind::Usage, what).hint("--reason TEXT"));
    }
    Ok(text.chars().take(2000).collect())
}

impl Engine<'_> {
    /// Stops a candidate.
    pub fn hold(
        &self,
        version: Option<Version>,
        why: &str,
        until: Option<Timestamp>,
    ) -> Result<Version, Fault> {
        let why = reason(why)?;
        self.in_future(until)?;
        self.decide(|snapshot| {
            let (version, _) = snapshot.pick(version)?;
            Ok((self.draft(vec![Event::Held { version, reason: why.clone(), until }]), version))
        })
    }

    /// Lifts the stop. Lifting none is done already.
    pub fn lift_hold(&self, version: Option<Version>) -> Result<Version, Fault> {
        let snapshot = self.observe()?;
        let (version, candidate) = snapshot.pick(version)?;
        if candidate.hold.is_none() {
            return Ok(version);
        }
        self.decide(|_| Ok((self.draft(vec![Event::HoldLifted { version }]), version)))
    }

    /// Stops the calendar.
    pub fn freeze(&self, why: &str, until: Timestamp, stops: Stops) -> Result<(), Fault> {
        let why = reason(why)?;
        self.in_future(Some(until))?;
        self.decide(|snapshot| {
            if snapshot.project.head.is_none() {
                return Err(Fault::new(FaultKind::Usage, "this project has no ledger yet")
                    .hint("allclear cut --yes starts it"));
            }
            Ok((self.draft(vec![Event::Frozen { reason: why.clone(), until, stops }]), ()))
        })
    }

    /// Lifts all freezes that people set; those of the policy stay. Tells how many there were.
    pub fn lift_freeze(&self) -> Result<usize, Fault> {
        let now = self.clock.now();
        let open = self.observe()?.project.freezes_from(now).count();
        if open == 0 {
            return Ok(0);
        }
        self.decide(|_| Ok((self.draft(vec![Event::FreezeLifted {}]), open)))
    }

    /// Strikes an entry that cannot be believed. It stays in the chain and is skipped from now on.
    pub fn strike(&self, entry: &CommitId, why: &str) -> Result<(), Fault> {
        let why = reason(why)?;
        self.healed(|| self.strike_once(entry, &why))
    }

    fn strike_once(&self, entry: &CommitId, why: &str) -> Result<(), Fault> {
        let snapshot = self.observe()?;
        let head = snapshot
            .project
            .head
            .clone()
            .ok_or_else(|| Fault::new(FaultKind::Usage, "this project has no ledger yet"))?;
        let now = self.clock.now();
        let (mut found, mut believable) = (false, false);
        self.repo.entries(&head, None, &mut |raw| {
            if raw.commit == *entry {
                found = true;
                believable = !may_strike(&ledger::read(raw), now);
            }
        })?;
        if !found {
            return Err(Fault::new(
                FaultKind::Usage,
                format!("{} is not an entry of this ledger", entry.short()),
            ));
        }
        if believable {
            return Err(Fault::new(FaultKind::Refused, format!("entry {} is sound", entry.short()))
                .hint("only what cannot be read, or is dated in the future, can be struck; bad news is answered, not struck"));
        }
        let draft = self.draft(vec![Event::Struck { entry: entry.clone(), reason: why.to_owned() }]);
        // `decide` would refuse while this very entry stops all deciding.
        // A future-dated entry must not keep a sound clock from writing behind it.
        let tip = Tip { at: snapshot.project.at.min(now), ..snapshot.tip() };
        match self.land(&tip, &draft)? {
            crate::append::Landing::Landed(_) => Ok(()),
            crate::append::Landing::Raced => Err(crate::append::busy()),
        }
    }

    /// Tells what adopting the policy on develop would change for a candidate.
    pub fn adoptable(&self, version: Option<Version>) -> Result<(Version, Vec<Difference>), Fault> {
        let snapshot = self.observe()?;
        let (policy, _) = snapshot.policy()?;
        let (version, candidate) = snapshot.pick(version)?;
        Ok((version, differences(&candidate.cut.policy, &policy.of(candidate.cut.kind))))
    }

    /// Judges a candidate by the policy that is on develop now. Every gate that this relaxes is recorded as such.
    pub fn adopt(&self, version: Option<Version>) -> Result<(Version, Vec<Difference>), Fault> {
        self.decide(|snapshot| {
            let (policy, from) = snapshot.policy()?;
            let (version, candidate) = snapshot.pick(version)?;
            let policy = &policy.of(candidate.cut.kind);
            let changes = differences(&candidate.cut.policy, policy);
            let branches = &candidate.cut.policy.branches;
            if policy.branches != *branches {
                return Err(Fault::new(FaultKind::Usage, "the policy on develop names other branches")
                    .hint("branches cannot change while a candidate is open"));
            }
            let relaxed = changes.iter().filter(|d| d.relaxed).map(|d| d.key.to_string()).collect();
            let event = Event::PolicyAdopted {
                version,
                policy: Box::new(policy.clone()),
                digest: digest(policy),
                from: from.clone(),
                relaxed,
            };
            Ok((self.draft(vec![event]), (version, changes)))
        })
    }

    fn in_future(&self, until: Option<Timestamp>) -> Result<(), Fault> {
        match until {
            Some(until) if until <= self.clock.now() => {
                Err(Fault::new(FaultKind::Usage, format!("{until} is over already"))
                    .hint("give an instant in the future"))
            }
            Some(_) | None => Ok(()),
        }
    }
}
