//! The life of a candidate up to its promotion.

mod hotfix;
mod pick;
mod train;
mod withdraw;
