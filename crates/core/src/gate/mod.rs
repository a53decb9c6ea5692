//! The gates: one file each, all of one shape, one line each in [`GATES`].

mod approvals;
pub mod carry;
mod case;
mod checks;
mod clock;
mod contains_stable;
mod downstream;
mod fixes;
mod freeze;
mod hold;
mod merge_back;
mod reports;
mod soak;
pub mod stops;
mod version;
pub mod waiver;

pub(crate) use case::earliest;
pub use case::{Case, Finding, Kind, MARGIN, Subject};

use crate::policy::Gates;
use crate::types::gate::Gate;

type Judge = fn(&Case<'_>) -> Finding;
type Enforced = fn(&Gates) -> bool;

/// All gates, in the order in which people read them.
pub const GATES: &[(Gate, Judge, Enforced)] = &[
    (Gate::Fixes, fixes::judge, |g| g.fixes.enforce),
    (Gate::Soak, soak::judge, |g| g.soak.enforce),
    (Gate::Checks, checks::judge, |g| g.checks.enforce),
    (Gate::Downstream, downstream::judge, |g| g.downstream.enforce),
    (Gate::MergeBack, merge_back::judge, |g| g.merge_back.enforce),
    (Gate::ContainsStable, contains_stable::judge, |g| g.contains_stable.enforce),
    (Gate::Version, version::judge, |g| g.version.enforce),
    (Gate::Reports, reports::judge, |g| g.reports.enforce),
    (Gate::Approvals, approvals::judge, |g| g.approvals.enforce),
    (Gate::Hold, hold::judge, |g| g.hold.enforce),
    (Gate::Freeze, freeze::judge, |g| g.freeze.enforce),
    (Gate::Clock, clock::judge, |g| g.clock.enforce),
];
