//! From a cut to what follows the release.

mod accept;
mod after;
mod cut;
mod hold;
mod hotfix;
mod pick;
mod promote;
mod rc;
mod withdraw;

pub(crate) use accept::Accept;
pub(crate) use after::After;
pub(crate) use cut::Cut;
pub(crate) use hold::Hold;
pub(crate) use hotfix::Hotfix;
pub(crate) use pick::Pick;
pub(crate) use promote::Promote;
pub(crate) use rc::Rc;
pub(crate) use withdraw::Withdraw;
