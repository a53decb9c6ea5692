//! Files that carry the version: where it stands in them, and how it is set.
//!
//! Each format answers one question: which bytes of which files are the version? Reading takes those
//! bytes, setting replaces them, and nothing else in a file changes: not a comment, a blank or a
//! line ending.

#[cfg(test)]
mod tests;

use super::ECOSYSTEMS;
use super::definition::VersionFormat;
use super::place::{Contents, Place, pattern};
use crate::types::version::Version;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub use super::place::error::FileError;

/// A file that carries the version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct VersionFile {
    /// The path from the root of the repository, with `/`.
    pub path: String,
    /// A line pattern with `{version}` in it; `None` for a manifest that allclear knows by its name.
    pub pattern: Option<String>,
}

/// Names the manifests that carry a version.
pub fn manifests() -> impl Iterator<Item = &'static str> {
    ECOSYSTEMS.iter().filter(|known| known.version.is_some()).map(|known| known.manifest)
}

/// Finds the manifests at the root of the repository; `paths` tells whether a path exists.
/// They may turn out to carry no version ([`FileError::NoVersion`]).
pub fn detect(paths: &dyn Fn(&str) -> bool) -> Vec<VersionFile> {
    manifests()
        .filter(|path| paths(path))
        .map(|path| VersionFile { path: path.into(), pattern: None })
        .collect()
}

/// Names the lock files that repeat the version of `file`, nearest first; those that exist must be read
/// along. They stand beside the manifest or, for a member of a workspace, above it.
pub fn companions(file: &VersionFile) -> Vec<String> {
    format(file).map(|format| (format.locks)(&file.path)).unwrap_or_default()
}

/// Reads the version as it is written in `text`; it may be a pre-release.
pub fn read(file: &VersionFile, text: &str) -> Result<String, FileError> {
    let contents = BTreeMap::from([(file.path.clone(), text.to_owned())]);
    let first = places(file, &contents)?.into_iter().next();
    first.map(|place| place.value).ok_or_else(|| FileError::Missing { path: file.path.clone() })
}

/// Sets the version in `files` and in their lock files, as far as `contents` has these.
/// Gives the new texts of the files that change, by path.
pub fn set(files: &[VersionFile], contents: &Contents, version: Version) -> Result<Contents, FileError> {
    let version = version.to_string();
    let mut edited = contents.clone();
    for (path, places) in by_path(files, contents)? {
        if let Some(text) = edited.get_mut(&path) {
            *text = replaced(text, &places, &version);
        }
    }
    for place in by_path(files, &edited)?.into_values().flatten() {
        if place.value != version {
            return Err(FileError::Unsafe { path: place.path });
        }
    }
    edited.retain(|path, text| contents.get(path) != Some(text));
    Ok(edited)
}

/// Gives the text of `path` with `with` in the place of each version value that `files` declare: in
/// manifests, their lock files and lines with a pattern. Texts from two branches that differ in
/// nothing else become equal. `contents` is all of one branch, since a manifest tells which entries of
/// its lock file are meant. `None` where the path carries no declared version or cannot be read.
pub fn neutral(path: &str, files: &[VersionFile], contents: &Contents, with: &str) -> Option<String> {
    if with.is_empty() || !with.bytes().all(|b| b.is_ascii_alphanumeric() || b".+-".contains(&b)) {
        return None;
    }
    let text = contents.get(path)?;
    let near = |file: &&VersionFile| file.path == path || companions(file).iter().any(|lock| lock == path);
    let files: Vec<VersionFile> = files.iter().filter(near).cloned().collect();
    let places = by_path(&files, contents).ok()?.remove(path)?;
    Some(replaced(text, &places, with))
}

fn format(file: &VersionFile) -> Option<&'static VersionFormat> {
    let name = file.path.rsplit('/').next().filter(|_| file.pattern.is_none())?;
    ECOSYSTEMS.iter().find(|known| known.manifest == name)?.version.as_ref()
}

/// Finds the places of one file and its lock files; the file's own comes first.
fn places(file: &VersionFile, contents: &Contents) -> Result<Vec<Place>, FileError> {
    let VersionFile { path, pattern } = file;
    let text = contents.get(path).ok_or_else(|| FileError::Missing { path: path.clone() })?;
    match (pattern, format(file)) {
        (Some(pattern), _) => Ok(vec![pattern::place(path, text, pattern)?]),
        (None, Some(format)) => (format.places)(path, text, contents),
        (None, None) => Err(FileError::Unknown { path: path.clone() }),
    }
}

/// Finds all places, in the order of their files' texts, each once.
fn by_path(files: &[VersionFile], contents: &Contents) -> Result<BTreeMap<String, Vec<Place>>, FileError> {
    let mut all: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for file in files {
        for place in places(file, contents)? {
            all.entry(place.path.clone()).or_default().push(place);
        }
    }
    for places in all.values_mut() {
        places.sort_by_key(|place| (place.range.start, place.range.end));
        places.dedup_by(|a, b| a.range == b.range);
        let mut end = 0;
        places.retain(|place| {
            let apart = place.range.start >= end;
            end = end.max(place.range.end);
            apart
        });
    }
    Ok(all)
}

/// Replaces `places`, which are in order and apart.
fn replaced(text: &str, places: &[Place], version: &str) -> String {
    let mut out = String::with_capacity(text.len() + places.len() * version.len());
    let mut rest = 0;
    for place in places {
        out.push_str(&text[rest..place.range.start]);
        out.push_str(version);
        rest = place.range.end;
    }
    out.push_str(&text[rest..]);
    out
}
