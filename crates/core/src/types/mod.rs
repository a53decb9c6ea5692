//! The small values that everything is made of: each parsed once, at the edge.

pub mod cut_kind;
pub mod duration;
pub mod gate;
pub mod mailmap;
pub mod object_id;
pub mod person;
pub mod ref_name;
pub mod shell;
pub mod text;
pub mod verdict;
pub mod version;
