//! How a refusal names things.

use allclear_core::types::text::list;
use allclear_core::{CommitId, Version};

/// Gives the first twelve digits of an id: few enough to read, enough to be given back.
pub(crate) fn brief(id: &CommitId) -> &str {
    &id.as_str()[..12]
}

pub(super) fn versions(all: &[Version]) -> String {
    list(&all.iter().map(ToString::to_string).collect::<Vec<_>>())
}
