//! The life of a candidate up to its promotion.

mod hotfix;
mod merges;
mod pick;
mod train;
mod withdraw;
