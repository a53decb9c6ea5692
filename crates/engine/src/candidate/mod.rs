//! A candidate's life up to its promotion: cut, hotfix, rc, pick, carry, withdraw.

mod carry;
pub(crate) mod cut;
pub(crate) mod hotfix;
pub(crate) mod pick;
pub(crate) mod rc;
pub(crate) mod withdraw;
