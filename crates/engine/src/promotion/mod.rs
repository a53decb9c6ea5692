//! Promotion: one look, one push, one look. The entry that goes with the refs is the commit record; what to do at each
//! sight of the refs is decided by [`allclear_core::decide::promotion`], never here.

pub(crate) mod build;
mod finish;
pub(crate) mod outcome;
pub(crate) mod promote;
mod push;
