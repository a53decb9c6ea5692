//! HTTP with the caller's own proxies and certificate authorities.

mod client;
mod network;

pub use client::{Answer, Client, Error, Limits};
