//! Building and running what depends on a candidate: the terms of the lab, and its pure rules.
//!
//! An *experiment* looks at every downstream with the candidate and, where needed, with the last release (the
//! *arms*). Each try is an [`Attempt`] with an [`Outcome`]; [`judge`] says what to try next and, in the end, how
//! the arms compare.

mod declare;
mod groups;
pub mod judge;
mod outcome;
pub mod sequential;
pub mod signature;
mod summary;
mod table;

pub use declare::{At, Declared, Ecosystem, ExpectFailure, Job, Limits, Must, Recipe, Run, Service, Side};
pub use groups::{Group, groups};
pub use outcome::{Arm, Comparison, Mode, Outcome, Step, Tier};
pub use summary::{FindingLine, Summary, Tallies, counts, declared, is_signature, summary};
pub use table::{Attempt, Coverage, Experiment, Pinned, Proof, Row, SCHEMA, Tests, Verdict};
