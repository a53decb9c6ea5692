//! The parts of every overlay registry: a server on the loopback, the registries behind it as of the cut-off,
//! and a snapshot of their answers. An ecosystem adds its own protocol.

pub(crate) mod published;
pub(crate) mod server;
pub(crate) mod snapshot;
pub(crate) mod upstream;
