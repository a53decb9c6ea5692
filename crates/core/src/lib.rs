//! The rules of allclear, and nothing else: no IO, no clock, no environment.
//!
//! Everything that decides is a plain function over three inputs: what the ledger says happened
//! ([`Project`], folded from entries), what was observed just now ([`Facts`]), and the frozen
//! [`policy::Policy`]. [`assess()`] gives the verdict, [`plan::plan`] what is due, [`promotion::next`]
//! the next step of a promotion in flight. The CLI, a cron job and a hub all call the same functions.

pub mod after;
pub mod assess;
pub mod bump;
pub mod carry;
pub mod changelog;
pub mod duration;
pub mod ecosystem;
pub mod event;
pub mod facts;
pub mod fixes;
pub mod gate;
pub mod ics;
pub mod id;
pub mod lab;
pub mod ledger;
pub mod lineage;
pub mod mailmap;
pub mod name;
pub mod notice;
pub mod people;
pub mod pick;
pub mod plan;
pub mod policy;
pub mod port;
pub mod project;
pub mod promotion;
pub mod signers;
pub mod sshsig;
pub mod statement;
pub mod text;
pub mod train;
pub mod trust;
pub mod verdict;
pub mod verify;
pub mod version;
pub mod waiver;

pub use assess::{Assessment, CandidateAssessment, assess};
pub use duration::Seconds;
pub use event::{Entry, Event};
pub use facts::Facts;
pub use id::{CommitId, OperationId};
pub use name::{Branch, RefName};
pub use policy::Policy;
pub use project::Project;
pub use verdict::Verdict;
pub use version::{RcNumber, TagFormat, Version};

/// The version of the rules in this crate; a decision records it, and `verify` recomputes under it.
pub const RULES: u32 = 3;
