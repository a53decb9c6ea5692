//! What a person starts: the record itself, and the develop branch.

use crate::candidate::free_name::ensure_free;
use crate::engine::healed;
use crate::ledger::append::Landing;
use crate::ledger::start::started;
use crate::{Engine, PushRefusal, Refusal, SetupRefusal};
use allclear_core::policy::Mode;
use allclear_core::port::RefUpdate;
use allclear_core::{Branch, CommitId};

impl Engine<'_> {
    /// Starts the ledger where the policy on develop says `mode = "run"` and there is none yet.
    /// Tells whether it did. `tick` never does this: a fork with a cron job must not start trains.
    pub fn start_ledger(&self) -> Result<bool, Refusal> {
        healed(|| self.start_ledger_once())
    }

    fn start_ledger_once(&self) -> Result<bool, Refusal> {
        let snapshot = self.observe()?;
        let running = snapshot.policy.get().filter(|policy| policy.mode == Mode::Run);
        let Some(policy) = running.filter(|_| snapshot.project.head.is_none()) else { return Ok(false) };
        snapshot.may_decide(self.clock.now())?;
        let draft = self.draft(vec![started(policy, Vec::new(), None)]);
        Ok(matches!(self.land(&snapshot.tip(), &draft)?, Landing::Landed))
    }

    /// Creates a branch on the server at the tip of another. Tells where; `None` where it exists already.
    pub fn create_branch(&self, branch: &Branch, from: &Branch) -> Result<Option<CommitId>, Refusal> {
        let refs = self.repo.observe()?;
        if refs.get(&branch.to_ref()).is_some() {
            return Ok(None);
        }
        let Some(tip) = refs.get(&from.to_ref()).cloned() else {
            let (branch, from) = (branch.clone(), from.clone());
            return Err(SetupRefusal::NothingToMakeItFrom { branch, from }.into());
        };
        ensure_free(&refs, &branch.to_ref())?;
        let answer =
            self.repo.push(&[RefUpdate { name: branch.to_ref(), old: None, new: Some(tip.clone()) }])?;
        if self.repo.refs()?.get(&branch.to_ref()) == Some(&tip) {
            Ok(Some(tip))
        } else {
            Err(PushRefusal::refused(answer, format!("the branch {branch}")).into())
        }
    }
}
