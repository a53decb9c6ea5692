//! Places in TOML.

use super::Place;
use super::error::FileError;
use std::ops::Range;
use toml_edit::{Document, Item};

/// Parses TOML and keeps where each value stands.
pub(crate) fn document<'a>(path: &str, text: &'a str) -> Result<Document<&'a str>, FileError> {
    Document::parse(text).map_err(|error| FileError::Syntax {
        path: path.into(),
        format: "TOML",
        said: error.message().lines().collect::<Vec<_>>().join(" "),
    })
}

pub(crate) fn item<'a>(root: &'a Item, keys: &[&str]) -> Option<&'a Item> {
    keys.iter().try_fold(root, |item, key| item.get(*key))
}

pub(crate) fn inside_quotes(
    path: &str,
    text: &str,
    value: &str,
    span: Option<Range<usize>>,
) -> Option<Place> {
    let span = span?;
    let raw = text.get(span.clone())?;
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let quote =
        quotes.into_iter().find(|q| raw.len() >= 2 * q.len() && raw.starts_with(q) && raw.ends_with(q))?;
    let range = span.start + quote.len()..span.end - quote.len();
    Some(Place { path: path.into(), range, value: value.into() })
}

/// Finds the version under `key`: `Ok(None)` where there is none.
pub(crate) fn version_at(
    path: &str,
    text: &str,
    root: &Item,
    keys: &[&str],
    sought: &'static str,
) -> Result<Option<Place>, FileError> {
    let Some(item) = item(root, keys) else { return Ok(None) };
    let place = item.as_str().and_then(|value| inside_quotes(path, text, value, item.span()));
    place.map(Some).ok_or_else(|| FileError::NotText { path: path.into(), sought })
}
