//! The whole engine over real git, under every hand that the design names.

#![allow(clippy::unwrap_used, reason = "tests")]

mod story;
