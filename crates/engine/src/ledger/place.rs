//! Where a ledger is, and what a new entry goes on top of.

use crate::{Engine, LedgerRefusal, Refusal};
use allclear_core::facts::RecordFacts;
use allclear_core::policy::PushMode;
use allclear_core::port::Refs;
use allclear_core::{CommitId, Project, RefName};
use jiff::Timestamp;

/// The places a ledger can be at, the first one that has it wins.
const PLACES: [&str; 2] = ["refs/allclear/ledger", "refs/heads/allclear/ledger"];

/// A ledger on the server.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    /// Where it is.
    pub(crate) place: RefName,
    /// Its last entry. A tag in its place leads there as well.
    pub(crate) head: CommitId,
}

/// Lists the ledgers that the server has. The first is the one that counts.
pub(crate) fn ledgers(refs: &Refs) -> impl Iterator<Item = Ledger> {
    let names = PLACES.iter().filter_map(|place| RefName::from_git(place));
    names.filter_map(|place| refs.commit(&place).cloned().map(|head| Ledger { place, head }))
}

impl Engine<'_> {
    /// Finds the ledger: of two the one that this machine knows, else the first.
    pub(crate) fn ledger(&self, refs: &Refs) -> Result<Option<Ledger>, Refusal> {
        let mut all: Vec<Ledger> = ledgers(refs).collect();
        if let ([_, _], Some(root)) = (&all[..], self.known_root()) {
            for n in 0..all.len() {
                if self.repo.is_ancestor(&root, &all[n].head)? {
                    return Ok(Some(all.swap_remove(n)));
                }
            }
        }
        Ok((!all.is_empty()).then(|| all.swap_remove(0)))
    }

    /// Finds another ledger beside the one that counts. A machine that knows the record passes over any other.
    pub(crate) fn second_ledger(&self, refs: &Refs, place: &RefName) -> Option<RefName> {
        let other = ledgers(refs).find(|other| other.place != *place)?;
        self.known_root().is_none().then_some(other.place)
    }

    /// Reads what is seen of a ledger without knowing it.
    pub(crate) fn record_facts(&self, refs: &Refs, ledger: Option<&Ledger>) -> RecordFacts {
        let at_ref = ledger.and_then(|ledger| refs.get(&ledger.place).filter(|id| **id != ledger.head));
        RecordFacts {
            place: ledger.map(|ledger| ledger.place.clone()),
            tag: at_ref.cloned(),
            second: ledger.and_then(|ledger| self.second_ledger(refs, &ledger.place)),
            ..RecordFacts::default()
        }
    }
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
    /// What its ref names: the last entry, or a tag that leads there.
    pub(crate) at_ref: Option<CommitId>,
    pub(crate) entries: u64,
    /// When the last one happened.
    pub(crate) at: Timestamp,
    /// How the refs of one decision are pushed.
    pub(crate) push: PushMode,
}

impl Tip {
    pub(crate) fn of(project: &Project, record: &RecordFacts) -> Self {
        let Project { root, head, entries, at, .. } = project;
        Self {
            place: record.place.clone(),
            root: root.clone(),
            head: head.clone(),
            at_ref: record.tag.as_ref().or(head.as_ref()).cloned(),
            entries: *entries,
            at: *at,
            push: PushMode::default(),
        }
    }

    /// Where the ledger is, or where a new one begins.
    pub(crate) fn place(&self) -> Result<RefName, Refusal> {
        let first = || RefName::from_git(PLACES[0]);
        self.place.clone().or_else(first).ok_or_else(|| LedgerRefusal::NoPlace.into())
    }
}
