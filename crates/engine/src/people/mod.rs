//! What people decide and say: acceptances, approvals, waivers, stops, reports, signers.

mod adopt_policy;
mod approve;
pub(crate) mod reason;
pub(crate) mod reports;
pub(crate) mod signers;
mod stops;
mod strike;
pub(crate) mod waive;
