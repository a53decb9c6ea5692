//! The rules of allclear, and nothing else: no IO, no clock, no environment.
//!
//! Everything that decides is a plain function over three inputs: what the ledger says happened
//! ([`Project`], folded from entries), what was observed just now ([`Facts`]), and the frozen
//! [`policy::Policy`]. [`assess()`] gives the verdict, [`plan::plan`] what is due, [`promotion::next`]
//! the next step of a promotion. The CLI, a cron job and a hub all call the same functions.

#![warn(missing_docs)]

pub mod decide;
pub mod ecosystem;
pub mod experiment;
pub mod facts;
pub mod gate;
pub mod history;
pub mod ledger;
pub mod policy;
pub mod port;
pub mod project;
pub mod types;
pub mod verify;

pub use decide::assess::{Assessment, CandidateAssessment, assess};
pub use facts::Facts;
pub use ledger::entry::{Entry, RULES};
pub use ledger::event::Event;
pub use policy::Policy;
pub use project::Project;
pub use types::duration::Seconds;
pub use types::object_id::CommitId;
pub use types::ref_name::{Branch, RefName};
pub use types::verdict::Verdict;
pub use types::version::{RcNumber, TagFormat, Version};
