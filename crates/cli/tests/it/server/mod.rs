//! Real servers over every transport, and clones of every kind; what they and strangers can do wrong.

pub(crate) mod bridge;
mod clones;
mod faults;
mod hostile;
mod http;
mod ssh;
