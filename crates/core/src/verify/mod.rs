//! Whether the record is true: what each release stood on, found again from the chain alone. What only
//! objects can prove is the engine's to look up; everything that is judged is judged here.

mod audit;
mod claim;
mod irregular;
mod promoted;
mod recorded;

pub use audit::{Audit, AuditedRelease};
pub use claim::{Claim, Truth};
pub use irregular::Irregular;
pub use promoted::{Shown, candidate, chain_claims, holds, judge, recorded};
pub use recorded::{COMMITS, Recorded, RecordedCommit, RecordedGate};
