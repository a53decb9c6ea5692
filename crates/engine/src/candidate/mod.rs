//! A candidate's life up to its promotion: cut, hotfix, rc, pick, carry, withdraw.

mod carry;
pub(crate) mod cut;
pub(crate) mod free_name;
pub(crate) mod hotfix;
pub(crate) mod pick;
mod rc;
mod version;
mod version_commit;
pub(crate) mod withdraw;
