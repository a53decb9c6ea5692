//! What stands between a resolver and the registries that it asks.

pub(crate) mod snapshot;
pub(crate) mod upstream;
