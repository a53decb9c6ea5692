//! The places at which a version stands: which bytes of which files it is.

pub(crate) mod error;
pub(crate) mod pattern;
pub(crate) mod toml;

use std::collections::BTreeMap;
use std::ops::Range;

/// Texts by their path from the root of the repository.
pub(crate) type Contents = BTreeMap<String, String>;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) path: String,
    /// The bytes to replace, without quotes.
    pub(crate) range: Range<usize>,
    pub(crate) value: String,
}

/// Names `name` in the folder of `path` and in each folder above, with the way from there to the folder of `path`.
pub(crate) fn upwards<'a>(path: &'a str, name: &str) -> Vec<(String, &'a str)> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut found = vec![(if folder.is_empty() { name.into() } else { format!("{folder}/{name}") }, "")];
    for (at, _) in folder.rmatch_indices('/') {
        found.push((format!("{}/{name}", &folder[..at]), &folder[at + 1..]));
    }
    if !folder.is_empty() {
        found.push((name.into(), folder));
    }
    found
}
