//! What every overlay registry is made of: a server on the loopback, the registries behind it as they were at one time,
//! and a snapshot of what they said. An ecosystem adds its own protocol.

pub(crate) mod published;
pub(crate) mod server;
pub(crate) mod snapshot;
pub(crate) mod upstream;
