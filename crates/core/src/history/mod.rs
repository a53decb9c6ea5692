//! Reading commits: what they are, what they change, and what a release says of them.

pub mod bump;
pub mod changelog;
pub mod coauthors;
pub mod fixes;
pub mod graph;
pub mod lineage;
pub mod pick;
