//! The lab, with real sandboxes.

#![allow(clippy::unwrap_used, reason = "tests")]

mod sandbox;
