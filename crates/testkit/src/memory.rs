//! What was seen on a server, to notice what vanishes.

use allclear_core::CommitId;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) tags: BTreeMap<String, CommitId>,
    pub(crate) ledger: Vec<CommitId>,
    pub(crate) tips: BTreeSet<CommitId>,
    pub(crate) excused: BTreeSet<String>,
}
