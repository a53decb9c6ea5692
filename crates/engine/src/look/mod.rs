//! One look at the server: refs, policy, and the facts that the gates are judged by.

mod classify;
pub(crate) mod facts;
pub(crate) mod observe;
pub(crate) mod ref_warnings;
pub(crate) mod resolve;
pub(crate) mod trial_merges;
