//! Everything that answers "what now", from the record, the facts and the time.

pub mod after;
pub mod assess;
pub mod notices;
pub mod pick;
pub mod plan;
pub mod promotion;
mod unfinished;
