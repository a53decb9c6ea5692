//! What people decide and say: acceptances, approvals, waivers, stops, reports, signers.

pub(crate) mod reports;
pub(crate) mod signers;
pub(crate) mod stops;
pub(crate) mod waive;
