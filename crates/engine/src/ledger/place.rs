//! Where a ledger is, and what a new entry goes on top of.

use crate::{LedgerRefusal, Refusal};
use allclear_core::policy::PushMode;
use allclear_core::port::Refs;
use allclear_core::{CommitId, Project, RefName};
use jiff::Timestamp;

/// The places a ledger can be at, the first one that has it wins.
const PLACES: [&str; 2] = ["refs/allclear/ledger", "refs/heads/allclear/ledger"];

/// Lists the places where the server has a ledger, each with its head. The first is the one that counts.
pub(crate) fn places(refs: &Refs) -> impl Iterator<Item = (RefName, CommitId)> {
    let names = PLACES.iter().filter_map(|place| RefName::from_git(place));
    names.filter_map(|name| refs.get(&name).cloned().map(|head| (name, head)))
}

/// The ledger as it was seen: what an entry goes on top of.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tip {
    /// Where it is; `None` where none has begun.
    pub(crate) place: Option<RefName>,
    /// Its first entry.
    pub(crate) root: Option<CommitId>,
    /// Its last entry.
    pub(crate) head: Option<CommitId>,
    pub(crate) entries: u64,
    /// When the last one happened.
    pub(crate) at: Timestamp,
    /// How the refs of one decision are pushed.
    pub(crate) push: PushMode,
}

impl Tip {
    pub(crate) fn of(project: &Project, place: Option<RefName>) -> Self {
        let Project { root, head, entries, at, .. } = project;
        let push = PushMode::default();
        Self { place, root: root.clone(), head: head.clone(), entries: *entries, at: *at, push }
    }

    /// Where the ledger is, or where a new one begins.
    pub(crate) fn place(&self) -> Result<RefName, Refusal> {
        let first = || RefName::from_git(PLACES[0]);
        self.place.clone().or_else(first).ok_or_else(|| LedgerRefusal::NoPlace.into())
    }
}
