//! `package.json`, `package-lock.json` and `npm-shrinkwrap.json` (RFC 8259, npm's documentation of each).

use crate::ecosystem::place::error::FileError;
use crate::ecosystem::place::{Contents, Place, upwards};
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

const LOCKS: [&str; 2] = ["package-lock.json", "npm-shrinkwrap.json"];

/// Names the lock files of a manifest: its own, or those of a workspace above.
pub(super) fn locks(path: &str) -> Vec<String> {
    lock_files(path).into_iter().map(|(lock, _)| lock).collect()
}

fn lock_files(path: &str) -> Vec<(String, &str)> {
    LOCKS.into_iter().flat_map(|name| upwards(path, name)).collect()
}

/// Finds the version of the package and of its entries in the lock files.
pub(super) fn places(path: &str, text: &str, contents: &Contents) -> Result<Vec<Place>, FileError> {
    let sought = "`version` at its top level";
    let value = find(path, text, &["version"])?;
    let value = value.ok_or_else(|| FileError::NoVersion { path: path.into(), sought })?;
    let own = place(path, text, value);
    let mut found = vec![own.ok_or_else(|| FileError::NotText { path: path.into(), sought })?];
    for (lock, folder) in lock_files(path) {
        let Some(text) = contents.get(&lock) else { continue };
        let top: &[&str] = &["version"];
        let package = ["packages", folder, "version"];
        for keys in [top, &package].into_iter().filter(|keys| folder.is_empty() || keys.len() > 1) {
            let value = find(&lock, text, keys)?;
            found.extend(value.and_then(|value| place(&lock, text, value)));
        }
    }
    Ok(found)
}

/// Makes a place of a string value, a part of `text`; `None` for any other.
fn place(path: &str, text: &str, value: &str) -> Option<Place> {
    let said: String = serde_json::from_str(value).ok()?;
    let start = value.as_ptr().addr() - text.as_ptr().addr();
    Some(Place { path: path.into(), range: start + 1..start + value.len() - 1, value: said })
}

/// Finds the value under `keys`, from the top-level object down, as the part of `text` that it is. Of equal
/// keys the last counts, as for `JSON.parse`.
fn find<'a>(path: &str, text: &'a str, keys: &[&str]) -> Result<Option<&'a str>, FileError> {
    // npm accepts a byte order mark.
    let whole = text.trim_start_matches('\u{feff}');
    serde_json::from_str::<IgnoredAny>(whole).map_err(|error| FileError::Syntax {
        path: path.into(),
        format: "JSON",
        said: error.to_string(),
    })?;
    Ok(keys.iter().try_fold(whole, |object, key| member(object, key)))
}

/// Finds the value of a key in an object. A `RawValue` borrows the very bytes of the text.
fn member<'a>(object: &'a str, key: &str) -> Option<&'a str> {
    let members: BTreeMap<String, &'a RawValue> = serde_json::from_str(object).ok()?;
    members.get(key).map(|value| value.get())
}
