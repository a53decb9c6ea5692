//! Judges an open candidate by the policy that is on develop now.

use crate::{Engine, PeopleRefusal, Refusal};
use allclear_core::Version;
use allclear_core::ledger::event::Event;
use allclear_core::policy::{Difference, differences, digest};

impl Engine<'_> {
    /// Tells what adopting the policy on develop would change for a candidate.
    pub fn adoptable(&self, version: Option<Version>) -> Result<(Version, Vec<Difference>), Refusal> {
        let snapshot = self.observe()?;
        let (policy, _) = snapshot.policy()?;
        let (version, candidate) = snapshot.pick(version)?;
        Ok((version, differences(&candidate.cut.policy, &policy.of(candidate.cut.kind))))
    }

    /// Judges a candidate by the policy that is on develop now. Every gate that this relaxes is recorded as such.
    pub fn adopt(&self, version: Option<Version>) -> Result<(Version, Vec<Difference>), Refusal> {
        self.decide(|snapshot| {
            let (policy, from) = snapshot.policy()?;
            let (version, candidate) = snapshot.pick(version)?;
            let policy = &policy.of(candidate.cut.kind);
            let changes = differences(&candidate.cut.policy, policy);
            let branches = &candidate.cut.policy.branches;
            if policy.branches != *branches {
                return Err(PeopleRefusal::OtherBranches.into());
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
}
