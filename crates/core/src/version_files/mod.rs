//! Files that carry the version: where it stands in them, and how it is set.
//!
//! Each format answers one question: which bytes of which files are the version? Reading takes those
//! bytes, setting replaces them, and nothing else in a file changes: not a comment, a blank or a
//! line ending.

mod cargo;
mod npm;
mod pattern;
mod python;

#[cfg(test)]
mod tests;

use crate::policy::VersionFile;
use crate::types::text::{list, plain, short};
use crate::types::version::Version;
use std::collections::BTreeMap;
use std::ops::Range;

/// Texts by their path from the root of the repository.
type Contents = BTreeMap<String, String>;

/// One place at which the version stands.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Place {
    path: String,
    /// The bytes to replace, without quotes.
    range: Range<usize>,
    /// What they mean.
    value: String,
}

/// Tells what is wrong with a file that is to carry the version, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileError {
    /// The commit has no such file.
    #[error("`{}` is not there; add it, or correct `version.files` in the policy", plain(.path))]
    Missing {
        /// The file.
        path: String,
    },
    /// No pattern, and no manifest known by its name.
    #[error(
        "`{}` is no manifest that allclear knows; write it as `{{ path, pattern }}` in `version.files`",
        plain(.path)
    )]
    Unknown {
        /// The file.
        path: String,
    },
    /// The file cannot be parsed.
    #[error("`{}` is not valid {format}: {}; correct the file first", plain(.path), short(.said, 200))]
    Syntax {
        /// The file.
        path: String,
        /// TOML or JSON.
        format: &'static str,
        /// What the parser said, on one line.
        said: String,
    },
    /// The manifest has no version.
    #[error("`{}` has no {sought}; add it, or leave the file out of `version.files`", plain(.path))]
    NoVersion {
        /// The file.
        path: String,
        /// The keys that were looked for.
        sought: &'static str,
    },
    /// The version is a number, a table or something else.
    #[error("{sought} in `{}` is not a text; put the version in quotes", plain(.path))]
    NotText {
        /// The file.
        path: String,
        /// The key.
        sought: &'static str,
    },
    /// A member of a Cargo workspace with `version.workspace = true`.
    #[error(
        "`{}` takes its version from its workspace; name the workspace's Cargo.toml instead",
        plain(.path)
    )]
    Inherited {
        /// The file.
        path: String,
    },
    /// A Python project whose version is computed at build time.
    #[error(
        "`{}` computes its version (`dynamic`); name the file that holds it as `{{ path, pattern }}` in `version.files`",
        plain(.path)
    )]
    Dynamic {
        /// The file.
        path: String,
    },
    /// The pattern cannot be used.
    #[error("the pattern `{}` for `{}` {wrong}", short(.pattern, 80), plain(.path))]
    BadPattern {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
        /// What is wrong with it, and what to do.
        wrong: &'static str,
    },
    /// The pattern matches nowhere.
    #[error("no line of `{}` matches `{}`; correct the pattern or the file", plain(.path), short(.pattern, 80))]
    NoMatch {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
    },
    /// The pattern matches more than once.
    #[error(
        "`{}` matches `{}` in lines {}; make the pattern so long that it matches once",
        short(.pattern, 80), plain(.path), list(&.lines.iter().map(ToString::to_string).collect::<Vec<_>>())
    )]
    ManyMatches {
        /// The file.
        path: String,
        /// The pattern.
        pattern: String,
        /// The lines of the first matches, counted from 1.
        lines: Vec<usize>,
    },
    /// The edited text does not read back.
    #[error("`{}` cannot be edited safely: the new version does not read back; set it by hand", plain(.path))]
    Unsafe {
        /// The file.
        path: String,
    },
}

/// Finds the manifests at the root of the repository; `paths` tells whether a path exists.
/// They may turn out to carry no version ([`FileError::NoVersion`]).
pub fn detect(paths: &dyn Fn(&str) -> bool) -> Vec<VersionFile> {
    ["Cargo.toml", "package.json", "pyproject.toml"]
        .into_iter()
        .filter(|path| paths(path))
        .map(|path| VersionFile { path: path.into(), pattern: None })
        .collect()
}

/// Names the lock files that repeat the version of `file`, nearest first; those that exist must be read
/// along. They stand beside the manifest or, for a member of a workspace, above it.
pub fn companions(file: &VersionFile) -> Vec<String> {
    match format(file) {
        Some(Format::Cargo) => cargo::locks(&file.path),
        Some(Format::Npm) => npm::locks(&file.path),
        Some(Format::Python | Format::Pattern(_)) | None => Vec::new(),
    }
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

/// How a file carries its version.
enum Format<'a> {
    Cargo,
    Npm,
    Python,
    Pattern(&'a str),
}

fn format(file: &VersionFile) -> Option<Format<'_>> {
    if let Some(pattern) = &file.pattern {
        return Some(Format::Pattern(pattern));
    }
    match file.path.rsplit('/').next()? {
        "Cargo.toml" => Some(Format::Cargo),
        "package.json" => Some(Format::Npm),
        "pyproject.toml" => Some(Format::Python),
        _ => None,
    }
}

/// Finds the places of one file and its lock files; the file's own comes first.
fn places(file: &VersionFile, contents: &Contents) -> Result<Vec<Place>, FileError> {
    let path = || file.path.clone();
    let text = contents.get(&file.path).ok_or_else(|| FileError::Missing { path: path() })?;
    match format(file).ok_or_else(|| FileError::Unknown { path: path() })? {
        Format::Cargo => cargo::places(&file.path, text, contents),
        Format::Npm => npm::places(&file.path, text, contents),
        Format::Python => python::places(&file.path, text),
        Format::Pattern(pattern) => pattern::place(&file.path, text, pattern).map(|place| vec![place]),
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

/// Names `name` in the folder of `path` and in each folder above, with the way from there to the folder of `path`.
fn upwards<'a>(path: &'a str, name: &str) -> Vec<(String, &'a str)> {
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

/// Parses TOML and keeps where each value stands.
fn toml<'a>(path: &str, text: &'a str) -> Result<toml_edit::Document<&'a str>, FileError> {
    toml_edit::Document::parse(text).map_err(|error| FileError::Syntax {
        path: path.into(),
        format: "TOML",
        said: error.message().lines().collect::<Vec<_>>().join(" "),
    })
}

/// Follows keys down from an item.
fn item<'a>(root: &'a toml_edit::Item, keys: &[&str]) -> Option<&'a toml_edit::Item> {
    keys.iter().try_fold(root, |item, key| item.get(*key))
}

/// Finds the text inside the quotes of a TOML string.
fn toml_place(path: &str, text: &str, value: &str, span: Option<Range<usize>>) -> Option<Place> {
    let span = span?;
    let raw = text.get(span.clone())?;
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let quote =
        quotes.into_iter().find(|q| raw.len() >= 2 * q.len() && raw.starts_with(q) && raw.ends_with(q))?;
    let range = span.start + quote.len()..span.end - quote.len();
    Some(Place { path: path.into(), range, value: value.into() })
}

/// Finds the version under `key`: `Ok(None)` where there is none.
fn toml_version(
    path: &str,
    text: &str,
    root: &toml_edit::Item,
    keys: &[&str],
    sought: &'static str,
) -> Result<Option<Place>, FileError> {
    let Some(item) = item(root, keys) else { return Ok(None) };
    let place = item.as_str().and_then(|value| toml_place(path, text, value, item.span()));
    place.map(Some).ok_or_else(|| FileError::NotText { path: path.into(), sought })
}
