//! From a cut to what follows the release.

mod after;
mod cut;
mod hotfix;
mod pick;
mod promotion;
mod stops;
mod withdraw;
