//! The shape of an ecosystem.

use super::place::error::FileError;
use super::place::{Contents, Place};

/// What is known of an ecosystem.
pub(super) struct Ecosystem {
    /// Its name in JSON.
    pub(super) name: &'static str,
    pub(super) manifest: &'static str,
    pub(super) package: fn(manifest: &str) -> Option<String>,
    /// Where files carry the version; `None` where the tag alone is the version.
    pub(super) version: Option<VersionFormat>,
    pub(super) try_it: TryLine,
    pub(super) recipes: &'static [Script],
}

/// Where the version stands in a manifest and the files that repeat it.
pub(super) struct VersionFormat {
    /// Names the lock files that repeat the version of the manifest at a path, nearest first.
    pub(super) locks: fn(path: &str) -> Vec<String>,
    /// Finds the places of the version in a manifest, its own first, and in those lock files that there are.
    pub(super) places: fn(path: &str, text: &str, contents: &Contents) -> Result<Vec<Place>, FileError>,
}

pub(super) struct TryLine {
    /// The files that are read beside the manifest, from the root of the repository.
    pub(super) beside: &'static [&'static str],
    /// Gives the line for a POSIX shell, from the files, the server's address and the tag.
    pub(super) line: fn(files: &Contents, url: &str, tag: &str) -> Option<String>,
}

/// How to publish, and how to find out whether it is published.
pub(super) struct Script {
    /// Its word in the policy.
    pub(super) word: &'static str,
    /// What publishes; `None` where the probe is all there is to do.
    pub(super) run: Option<&'static str>,
    pub(super) done: &'static str,
}
