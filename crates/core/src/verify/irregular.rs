//! What is odd about an entry beside the one before it, and all before that. It counts all the same: whoever reads the
//! record decides what to make of it.

use crate::ledger::entry::Entry;
use crate::types::duration::Seconds;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// So far before the entry that it follows an honest clock may be.
const BACK: Seconds = Seconds::DAY;

/// How much of an id is compared. One of allclear's own has 32 digits.
const ID: usize = 64;

/// What the entries so far have used.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Irregular {
    ids: BTreeSet<String>,
    /// What the last entry claims.
    last: Option<Timestamp>,
}

impl Irregular {
    /// Takes the next entry; says what is odd about it, a clause each.
    pub fn take(&mut self, entry: &Entry) -> Vec<String> {
        let mut odd = Vec::new();
        if !self.ids.insert(entry.id.chars().take(ID).collect()) {
            odd.push("an earlier entry has the same id".to_owned());
        }
        if let Some(last) = self.last.replace(entry.claimed).filter(|last| entry.claimed < BACK.before(*last))
        {
            odd.push(format!(
                "it claims a time that is {} before that of the entry it follows",
                Seconds::between(entry.claimed, last)
            ));
        }
        odd
    }
}
