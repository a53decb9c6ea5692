//! Why something was not done, as data: one enum for each folder of the engine. What people read stands beside it, in
//! one `match` for each enum, and nowhere else in the engine.

mod after;
mod candidate;
mod evidence;
mod ledger;
mod look;
mod people;
mod promotion;
mod push;
mod read;
mod setup;
mod words;

pub use after::AfterRefusal;
pub use candidate::CandidateRefusal;
pub use evidence::EvidenceRefusal;
pub use ledger::LedgerRefusal;
pub use look::LookRefusal;
pub use people::PeopleRefusal;
pub use promotion::PromotionRefusal;
pub use push::PushRefusal;
pub use read::ReadRefusal;
pub use setup::SetupRefusal;
pub(crate) use words::brief;

use crate::{Fault, FaultKind};
use allclear_core::port::RepoError;
use std::fmt;

/// Declares [`Refusal`] with a variant for each enum, and the conversions between them.
macro_rules! refusals {
    ($($variant:ident($refusal:ty),)*) => {
        /// Something that was not done, and why.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Refusal {
            $($variant($refusal),)*
        }

        $(impl From<$refusal> for Refusal {
            fn from(refusal: $refusal) -> Self {
                Self::$variant(refusal)
            }
        })*

        impl From<&Refusal> for Fault {
            fn from(refusal: &Refusal) -> Self {
                match refusal {
                    $(Refusal::$variant(refusal) => refusal.into(),)*
                }
            }
        }
    };
}

refusals! {
    Repo(RepoError),
    Push(PushRefusal),
    Ledger(LedgerRefusal),
    Look(LookRefusal),
    Candidate(CandidateRefusal),
    Promotion(PromotionRefusal),
    People(PeopleRefusal),
    Evidence(EvidenceRefusal),
    After(AfterRefusal),
    Read(ReadRefusal),
    Setup(SetupRefusal),
}

impl Refusal {
    /// Gives its kind; the CLI's exit code follows from it.
    pub fn kind(&self) -> FaultKind {
        Fault::from(self).kind
    }

    /// Says what happened.
    pub fn what(&self) -> String {
        Fault::from(self).what
    }

    /// Says what is true now.
    pub fn truth(&self) -> String {
        Fault::from(self).truth
    }

    pub fn hints(&self) -> Vec<String> {
        Fault::from(self).hints
    }
}

impl From<Refusal> for Fault {
    fn from(refusal: Refusal) -> Self {
        Self::from(&refusal)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Fault::from(self).fmt(f)
    }
}

impl std::error::Error for Refusal {}

impl From<RepoError> for Fault {
    fn from(error: RepoError) -> Self {
        Self::from(&error)
    }
}

impl From<&RepoError> for Fault {
    fn from(error: &RepoError) -> Self {
        match error {
            RepoError::NotFound(what) => Self::usage(what),
            RepoError::Unavailable(what) => {
                Self::try_later(what).hint("check the connection and the login, then try again; allclear status --offline shows the last look")
            }
            RepoError::Unknown(what) => Self::unknown(what)
                .truth("it may or may not have been applied; do not push by hand")
                .hint("run allclear tick: it reads the refs until it knows"),
            RepoError::Remade(what) => Self::broken(what).hint("run the command again"),
            RepoError::Protocol(what) => Self::broken(what)
                .hint("allclear's private store can be deleted at any time; it is made again (~/.cache/allclear)"),
        }
    }
}
