//! From a cut to what follows the release.

mod after;
mod cut;
mod forged;
mod hotfix;
mod landed;
mod pick;
mod promotion;
mod stops;
mod unfinished;
mod withdraw;
