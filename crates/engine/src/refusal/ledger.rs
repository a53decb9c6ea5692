//! What keeps an entry off the ledger.

use super::PushRefusal;
use crate::Fault;
use allclear_core::facts::{RecordFacts, Rewound};
use allclear_core::{RefName, Seconds};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LedgerRefusal {
    NoPlace,
    NoIdentity,
    NotBegun,
    NoEntries,
    MustBeStarted { how: &'static str },
    CutShort(Rewound),
    SecondLedger(RefName),
    ClockBehind(Seconds),
    Unwritable(String),
    EntryTooLarge,
    TooManyFiles,
    Ignored,
    PromotionFirst,
    Busy,
    RefsMissing(PushRefusal),
    NoEffect { why: String },
}

impl LedgerRefusal {
    /// Refuses to write where the record is not whole, or where it is not known which of two is the record.
    pub(crate) fn unless_certain(record: &RecordFacts) -> Result<(), Self> {
        match record {
            RecordFacts { rewound: Some(rewound), .. } => Err(Self::CutShort(rewound.clone())),
            RecordFacts { second: Some(second), .. } => Err(Self::SecondLedger(second.clone())),
            RecordFacts { .. } => Ok(()),
        }
    }
}

impl From<&LedgerRefusal> for Fault {
    fn from(refusal: &LedgerRefusal) -> Self {
        use LedgerRefusal as R;
        match refusal {
            R::NoIdentity => Self::usage("git knows no name for you, and every entry of the record carries one")
                .hint("git config user.name NAME, and git config user.email ADDRESS")
                .hint("or say it once: --as 'NAME <ADDRESS>'"),
            R::NoPlace => Self::usage("there is no place for a ledger"),
            R::NotBegun => Self::usage("this project has no ledger yet").hint("allclear cut --yes starts it"),
            R::NoEntries => Self::usage("this project has no ledger yet"),
            R::MustBeStarted { how } => {
                Self::usage("this project has no ledger yet, and only a person can start it").hint(*how)
            }
            R::CutShort(Rewound { why, restore }) => {
                let restore = restore.as_deref().unwrap_or("allclear status says how to put it back");
                Self::blocked(format!("the record was rewound: {why}")).hint(restore)
            }
            R::SecondLedger(place) => Self::blocked(format!("there is a second ledger at {place}"))
                .hint("allclear verify --root ID, with the id that the team knows, tells this machine which one counts"),
            R::ClockBehind(behind) => {
                Self::try_later(format!("this machine's clock is {behind} behind the record"))
                    .hint("set the clock (date -u), then try again")
            }
            R::Unwritable(why) => Self::try_later(format!("the entry cannot be written: {why}")),
            R::EntryTooLarge => Self::usage("the entry is larger than 64 KiB").hint("shorten its texts"),
            R::TooManyFiles => Self::usage("an entry has at most 16 files of 1 MiB beside it"),
            R::Ignored => {
                Self::unknown("the server said twice that it accepted the entry, but the ledger did not move")
                    .truth("the refs are unchanged as far as the server shows them")
                    .hint("ask the server's administrator; then try again")
            }
            R::PromotionFirst => {
                Self::try_later("a promotion keeps losing its races, and this has to wait for it")
                    .hint("try again in two minutes")
            }
            R::Busy => Self::try_later("others kept writing to the ledger for a minute").hint("try again"),
            R::RefsMissing(push) => {
                Self::from(push).truth("the entry is on the ledger, its refs are not; run the command again")
            }
            R::NoEffect { why } => Self::refused(format!("this entry would have no effect: {why}"))
                .hint("allclear signer list shows whose signature counts for what")
                .hint("to sign entries: git config gpg.format ssh, then git config user.signingkey FILE"),
        }
    }
}
