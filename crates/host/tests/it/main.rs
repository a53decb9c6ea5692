//! The host with real processes and real connections.

#![allow(clippy::unwrap_used, reason = "tests say where they are")]

mod http;
mod process;
