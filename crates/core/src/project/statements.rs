//! Recent statements, so that none is replayed.

use crate::ledger::event::Event;
use crate::ledger::signature::Fingerprint;
use crate::ledger::statement::{Statement, text};
use crate::types::object_id::CommitId;
use crate::types::text::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::VecDeque;

/// How many entries may come between the head that a statement names and its own entry.
pub const REACH: usize = 100;

/// The end of the chain and the statements on it, so that none is replayed.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RecentStatements {
    /// The last entries, oldest first.
    recent: VecDeque<CommitId>,
    /// Each statement that was taken: its head, and the digest of its key and its text.
    taken: Vec<(CommitId, String)>,
}

impl RecentStatements {
    /// Takes a statement of the next entry, or says why it does not count.
    pub(crate) fn take(
        &mut self,
        statement: &Statement,
        root: &CommitId,
        events: &[Event],
    ) -> Result<Fingerprint, &'static str> {
        if !self.recent.contains(&statement.head) {
            return Err("its statement is about another record, or one long past");
        }
        let text = text(root, &statement.head, events).ok_or("it has a statement where none belongs")?;
        let signer = statement.signer(root, events).ok_or("its statement's signature is not valid")?;
        let digest = hex(&Sha256::new().chain_update(signer.as_str()).chain_update(&text).finalize());
        if self.taken.iter().any(|(_, known)| *known == digest) {
            return Err("its statement was made before, and counts once");
        }
        self.taken.push((statement.head.clone(), digest));
        Ok(signer)
    }

    /// Tells whether an entry is among the last ones of the chain.
    pub fn has_passed(&self, entry: &CommitId) -> bool {
        self.recent.contains(entry)
    }

    pub(crate) fn pass(&mut self, entry: &CommitId) {
        if self.recent.len() < REACH {
            self.recent.push_back(entry.clone());
        } else if let Some(mut oldest) = self.recent.pop_front() {
            self.taken.retain(|(head, _)| *head != oldest);
            oldest.clone_from(entry);
            self.recent.push_back(oldest);
        }
    }
}
