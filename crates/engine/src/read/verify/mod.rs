//! `verify`: every release on record against the chain, the objects and the refs. Fetches, and writes nothing.

mod audit;
mod releases;
mod report;
pub(crate) mod verification;
