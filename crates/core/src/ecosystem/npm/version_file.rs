//! `package.json`, `package-lock.json` and `npm-shrinkwrap.json` (RFC 8259, npm's documentation of each).

use crate::ecosystem::place::error::FileError;
use crate::ecosystem::place::{Contents, Place, upwards};
use serde::de::IgnoredAny;
use std::ops::Range;

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

/// Makes a place of a string value; `None` for any other.
fn place(path: &str, text: &str, value: Range<usize>) -> Option<Place> {
    let said: String = serde_json::from_str(text.get(value.clone())?).ok()?;
    Some(Place { path: path.into(), range: value.start + 1..value.end - 1, value: said })
}

/// Finds the value under `keys`, from the top-level object down. Of equal keys the last counts, as for
/// `JSON.parse`.
fn find(path: &str, text: &str, keys: &[&str]) -> Result<Option<Range<usize>>, FileError> {
    // npm accepts a byte order mark.
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    serde_json::from_str::<IgnoredAny>(&text[start..]).map_err(|error| FileError::Syntax {
        path: path.into(),
        format: "JSON",
        said: error.to_string(),
    })?;
    let mut value = Some(skip_blanks(text.as_bytes(), start));
    let mut end = text.len();
    for key in keys {
        let Some(found) = value.and_then(|start| member(text, start, key)) else { return Ok(None) };
        value = Some(found.start);
        end = found.end;
    }
    Ok(value.map(|start| start..end))
}

/// Finds the value of `key` in the object at `at`. The text is valid JSON.
fn member(text: &str, at: usize, key: &str) -> Option<Range<usize>> {
    let bytes = text.as_bytes();
    if bytes.get(at) != Some(&b'{') {
        return None;
    }
    let mut at = skip_blanks(bytes, at + 1);
    let mut found = None;
    while bytes.get(at) == Some(&b'"') {
        let name_end = value_end(bytes, at);
        let named = serde_json::from_str::<String>(text.get(at..name_end)?).is_ok_and(|name| name == key);
        let colon = skip_blanks(bytes, name_end);
        let start = skip_blanks(bytes, colon + 1);
        let end = value_end(bytes, start);
        if named {
            found = Some(start..end);
        }
        let comma = skip_blanks(bytes, end);
        at = skip_blanks(bytes, comma + 1);
    }
    found
}

fn skip_blanks(bytes: &[u8], at: usize) -> usize {
    let rest = bytes.get(at..).unwrap_or_default();
    at + rest.iter().take_while(|b| b" \t\r\n".contains(b)).count()
}

/// Finds the end of the value that begins at `at`.
fn value_end(bytes: &[u8], mut at: usize) -> usize {
    let mut depth = 0_usize;
    while let Some(&byte) = bytes.get(at) {
        at = match byte {
            b'"' => string_end(bytes, at),
            b',' | b':' | b' ' | b'\t' | b'\r' | b'\n' => at + 1,
            b'{' | b'[' => {
                depth += 1;
                at + 1
            }
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ => {
                let rest = bytes.get(at..).unwrap_or_default();
                at + rest.iter().take_while(|b| !b",:]} \t\r\n\"[{".contains(b)).count()
            }
        };
        if depth == 0 {
            break;
        }
    }
    at
}

fn string_end(bytes: &[u8], quote: usize) -> usize {
    let mut at = quote + 1;
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'"' => return at + 1,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
