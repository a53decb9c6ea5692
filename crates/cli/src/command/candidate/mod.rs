//! From a cut to what follows the release.

pub(crate) mod after;
pub(crate) mod cut;
pub(crate) mod hotfix;
pub(crate) mod pick;
pub(crate) mod promote;
pub(crate) mod withdraw;
