//! Who may sign what, as the ledger itself says: named by its root, changed by a threshold of admins.
//!
//! A change is proposed in one entry and seconded in others; it is in force from the entry in which enough
//! admins, each with a statement of their own, have said so. A key is revoked at that position of the chain,
//! never at a date.

use crate::ledger::signature::{Fingerprint, read_key};
use crate::ledger::signer::{Change, Role, Signer, distinct};
use crate::types::object_id::CommitId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How many proposals wait at the most; the oldest that no admin supports goes first.
const WAITING: usize = 20;

/// Who named the first signers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Founding {
    /// The ledger's root.
    Root,
    /// A later entry, by a claim alone.
    Claim(CommitId),
}

/// A change that waits for more admins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The entry that proposed it.
    pub entry: CommitId,
    /// What it changes.
    pub change: Change,
    /// The keys that have stated it.
    pub by: Vec<Fingerprint>,
}

/// The result of a proposal, or of an admin's support for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    /// The change is in force.
    InForce,
    /// So many admins of as many as are needed have stated it.
    Waits(usize, usize),
    /// It changes nothing, for this reason.
    Ignored(&'static str),
}

/// The signers in force at one position of the chain.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roster {
    /// Those in force, by their keys.
    pub signers: BTreeMap<Fingerprint, Signer>,
    /// How many admins a change takes.
    pub threshold: u32,
    /// Who named the first ones; `None` where there are none.
    pub founded: Option<Founding>,
    /// Changes that wait.
    pub proposals: Vec<Proposal>,
}

impl Roster {
    pub(crate) fn begin(&mut self, signers: &[Signer], threshold: Option<u32>) -> Ruling {
        let change = Change { add: signers.to_vec(), threshold, ..Change::default() };
        self.set(&change, Founding::Root)
    }

    /// Takes a proposal, stated by `by`. The first one ever founds the roster.
    pub(crate) fn propose(&mut self, entry: &CommitId, change: &Change, by: Option<&Fingerprint>) -> Ruling {
        if self.founded.is_none() {
            return self.set(change, Founding::Claim(entry.clone()));
        }
        if let Err(why) = self.with(change) {
            return Ruling::Ignored(why);
        }
        if self.proposals.len() >= WAITING {
            let oldest = self.proposals.iter().position(|p| self.admins(&p.by).is_empty());
            self.proposals.remove(oldest.unwrap_or(0));
        }
        self.proposals.push(Proposal { entry: entry.clone(), change: change.clone(), by: Vec::new() });
        self.second(entry, by)
    }

    /// Adds an admin's support for a proposal.
    pub(crate) fn second(&mut self, proposal: &CommitId, by: Option<&Fingerprint>) -> Ruling {
        let Some(n) = self.proposals.iter().position(|p| p.entry == *proposal) else {
            return Ruling::Ignored("no such proposal is pending");
        };
        let needed = self.threshold as usize;
        if let Some(by) = by
            && !self.proposals[n].by.contains(by)
        {
            self.proposals[n].by.push(by.clone());
        }
        let supporters = self.admins(&self.proposals[n].by).len();
        if supporters < needed {
            return match by.map(|key| self.admins(std::slice::from_ref(key)).is_empty()) {
                None => Ruling::Ignored("nobody stated it"),
                Some(true) => Ruling::Ignored("its key is not an admin's"),
                Some(false) => Ruling::Waits(supporters, needed),
            };
        }
        let Proposal { change, .. } = self.proposals.remove(n);
        let founded = self.founded.clone().unwrap_or(Founding::Root);
        self.set(&change, founded)
    }

    /// Names the admins among some keys, each person once.
    pub fn admins<'a>(&'a self, keys: &'a [Fingerprint]) -> Vec<&'a str> {
        let admins = keys.iter().filter_map(|key| self.signers.get(key));
        distinct(admins.filter(|signer| signer.roles.contains(&Role::Admin)))
    }

    fn set(&mut self, change: &Change, founded: Founding) -> Ruling {
        match self.with(change) {
            Err(why) => Ruling::Ignored(why),
            Ok((signers, threshold)) => {
                (self.signers, self.threshold, self.founded) = (signers, threshold, Some(founded));
                Ruling::InForce
            }
        }
    }

    /// Gives the signers with a change made, or says why it cannot be made.
    pub fn with(&self, change: &Change) -> Result<(BTreeMap<Fingerprint, Signer>, u32), &'static str> {
        let mut signers = self.signers.clone();
        for key in &change.revoke {
            signers.remove(key).ok_or("it revokes a key that is not in force")?;
        }
        for signer in &change.add {
            let (key, line) = read_key(&signer.key).ok_or("one of its keys is not a key, or is too weak")?;
            signers.insert(key, Signer { key: line, ..signer.clone() });
        }
        let threshold = change.threshold.unwrap_or(self.threshold).max(1);
        let admins = distinct(signers.values().filter(|s| s.roles.contains(&Role::Admin))).len();
        if admins < threshold as usize {
            return Err("it would leave fewer admins than a change takes");
        }
        Ok((signers, threshold))
    }
}
