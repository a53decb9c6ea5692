//! What has happened: the ledger, folded into the state of one project.

pub mod checks;
mod evolve;
pub mod experiments;
mod fold;
pub mod notified;
pub mod people;
mod reports;
pub mod roster;
mod state;
pub mod statements;
pub mod steps;
mod strike;
pub mod trust;

pub use checks::CheckLine;
pub use fold::{Fold, fold};
pub use state::{
    Candidate, Hold, LedgerFreeze, Project, Promoted, Rc, Release, Request, Strike, Trouble, TroubleKind,
    Withdrawal,
};
