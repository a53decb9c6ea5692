//! What can be put on the record, by whom, and what comes of it.

mod authority;
mod fuzz;
mod golden;
mod trust;
