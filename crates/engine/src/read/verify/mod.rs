//! `verify`: every release on record against the chain, the objects and the refs. Fetches, and writes nothing.

pub(crate) mod report;
