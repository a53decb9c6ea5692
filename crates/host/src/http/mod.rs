//! HTTP, by the caller's own way to the network: their proxies, and whom their machine trusts.

mod client;
mod network;

pub use client::{Answer, Client, Error, Limits};
