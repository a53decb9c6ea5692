//! What the refs show of promotions: of those on record, and of candidates that another hand brought onto stable.

mod landing;
pub(crate) mod recompute;
pub(crate) mod restore;
pub(crate) mod sight;
