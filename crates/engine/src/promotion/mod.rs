//! Promotion: plan on record, one atomic push, read back, confirm. DESIGN §6, step by step; what to do
//! at each sight of the refs is decided by [`allclear_core::decide::promotion`], never here.

mod abort;
pub(crate) mod attempt;
pub(crate) mod build;
mod carry_on;
mod judge;
pub(crate) mod outcome;
mod push;
pub(crate) mod refs;
mod settle;
