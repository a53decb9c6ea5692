//! Who may sign: proposed by anybody, in force when enough admins have stated it.

use super::reason::reason;
use crate::ledger::start::started;
use crate::{Engine, LedgerRefusal, PeopleRefusal, Refusal};
use allclear_core::CommitId;
use allclear_core::ledger::event::Event;
use allclear_core::ledger::signer::Change;
use allclear_core::project::roster::{Proposal, Roster};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SignersChange {
    /// It is in force. Where `founded`, it named the first ones.
    InForce {
        /// Whether there were none before.
        founded: bool,
    },
    /// It waits for more admins.
    Waits {
        /// The entry that proposed it.
        proposal: CommitId,
        /// The admins that have stated it.
        admins: Vec<String>,
        needs: u32,
    },
}

impl Engine<'_> {
    /// Proposes a change of the signers; stated by enough admins, it is in force at once. Without a ledger,
    /// `may_found` starts one whose root names them.
    pub fn propose_signers(&self, change: &Change, may_found: bool) -> Result<SignersChange, Refusal> {
        let mut change = change.clone();
        if !change.revoke.is_empty() || change.threshold.is_some() {
            change.reason = reason(&change.reason)?;
        }
        let (founded, before) = self.decide(|snapshot| {
            let roster = &snapshot.project.roster;
            roster.with(&change).map_err(PeopleRefusal::BadSigners)?;
            let proposed = Event::SignersProposed(Box::new(change.clone()));
            let first = || -> Result<Event, Refusal> {
                snapshot.may_act()?;
                let (policy, _) = snapshot.policy()?;
                if !may_found {
                    let how = "with --yes this command starts it, and its root names the signers";
                    return Err(LedgerRefusal::MustBeStarted { how }.into());
                }
                Ok(started(policy, change.add.clone(), change.threshold))
            };
            let event = if snapshot.project.head.is_none() { first()? } else { proposed };
            let known: Vec<CommitId> = roster.proposals.iter().map(|p| p.entry.clone()).collect();
            Ok((self.draft(vec![event]), (roster.founded.is_none(), known)))
        })?;
        let roster = self.observe()?.project.roster;
        let ours = roster.proposals.iter().find(|p| p.change == change && !before.contains(&p.entry));
        Ok(ours.map_or(SignersChange::InForce { founded }, |proposal| waits(&roster, proposal)))
    }

    /// Seconds a proposal: the named one, or the only one that waits.
    pub fn second_signers(&self, wanted: Option<&str>) -> Result<SignersChange, Refusal> {
        let proposal = self.decide(|snapshot| {
            let waiting = &snapshot.project.roster.proposals;
            let found: Vec<_> = waiting
                .iter()
                .filter(|p| wanted.is_none_or(|id| id.len() >= 7 && p.entry.as_str().starts_with(id)))
                .collect();
            let [proposal] = found[..] else {
                return Err(if found.is_empty() {
                    PeopleRefusal::NoSuchProposal
                } else {
                    PeopleRefusal::SeveralProposals
                }
                .into());
            };
            let event = Event::SignersSeconded { proposal: proposal.entry.clone() };
            Ok((self.draft(vec![event]), proposal.entry.clone()))
        })?;
        let roster = self.observe()?.project.roster;
        let ours = roster.proposals.iter().find(|p| p.entry == proposal);
        Ok(ours.map_or(SignersChange::InForce { founded: false }, |proposal| waits(&roster, proposal)))
    }
}

fn waits(roster: &Roster, proposal: &Proposal) -> SignersChange {
    let admins = roster.admins(&proposal.by).into_iter().map(str::to_owned).collect();
    SignersChange::Waits { proposal: proposal.entry.clone(), admins, needs: roster.threshold }
}
