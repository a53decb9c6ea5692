//! One look at the server: refs, policy, and the facts that the gates are judged by.

mod carry_trials;
mod classify;
pub(crate) mod facts;
mod founded;
mod observe;
pub(crate) mod overtaken;
mod policy;
pub(crate) mod promotion;
pub(crate) mod ref_warnings;
pub(crate) mod resolve;
pub(crate) mod snapshot;
pub(crate) mod trial_merges;
pub(crate) mod unmerged_fixes;
