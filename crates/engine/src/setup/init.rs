//! What a person starts: the record itself, and the develop branch.

use crate::candidate::free_name::ensure_free;
use crate::engine::healed;
use crate::ledger::append::Landing;
use crate::{Engine, Fault, FaultKind};
use allclear_core::ledger::event::Event;
use allclear_core::policy::Mode;
use allclear_core::port::RefUpdate;
use allclear_core::{Branch, CommitId};

impl Engine<'_> {
    /// Starts the ledger where the policy on develop says `mode = "run"` and there is none yet.
    /// Tells whether it did. `tick` never does this: a fork with a cron job must not start trains.
    pub fn start_ledger(&self) -> Result<bool, Fault> {
        healed(|| self.start_ledger_once())
    }

    fn start_ledger_once(&self) -> Result<bool, Fault> {
        let snapshot = self.observe()?;
        let running = snapshot.policy.get().is_some_and(|p| p.mode == Mode::Run);
        if snapshot.project.head.is_some() || !running {
            return Ok(false);
        }
        snapshot.may_decide(self.clock.now())?;
        let develop = snapshot.policy.get().map(|p| p.branches.develop.clone());
        let project = snapshot.policy.get().and_then(|p| p.name.clone()).unwrap_or_default();
        Ok(matches!(
            self.land(
                &snapshot.tip(),
                &self.draft(vec![Event::LedgerStarted {
                    project,
                    develop,
                    signers: Vec::new(),
                    threshold: None
                }])
            )?,
            Landing::Landed(_)
        ))
    }

    /// Creates a branch on the server at the tip of another. Tells where; `None` where it exists already.
    pub fn create_branch(&self, branch: &Branch, from: &Branch) -> Result<Option<CommitId>, Fault> {
        let refs = self.repo.observe()?;
        if refs.get(&branch.to_ref()).is_some() {
            return Ok(None);
        }
        let Some(tip) = refs.get(&from.to_ref()).cloned() else {
            return Err(Fault::new(
                FaultKind::Usage,
                format!("there is no branch {from} on the server to make {branch} from"),
            ));
        };
        ensure_free(&refs, &branch.to_ref())?;
        let answer =
            self.repo.push(&[RefUpdate { name: branch.to_ref(), old: None, new: Some(tip.clone()) }])?;
        if self.repo.refs()?.get(&branch.to_ref()) == Some(&tip) {
            Ok(Some(tip))
        } else {
            Err(Fault::refused(&answer, &format!("the branch {branch}")))
        }
    }
}
