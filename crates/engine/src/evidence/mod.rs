//! Evidence about a candidate: results that others report, and experiments that this machine makes.

pub(crate) mod check;
pub(crate) mod experiment;
