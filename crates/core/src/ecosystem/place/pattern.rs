//! Any file with the version in a line that a pattern describes.

use super::Place;
use super::error::FileError;
use regex_lite::{Regex, escape};

const MARK: &str = "{version}";

/// Finds the one match of `pattern`: its text as it stands, with `{version}` for letters, digits and `.+-`.
/// It matches anywhere in a line and never across lines.
pub(crate) fn place(path: &str, text: &str, pattern: &str) -> Result<Place, FileError> {
    let bad = |wrong| FileError::BadPattern { path: path.into(), pattern: pattern.into(), wrong };
    if pattern.contains(['\n', '\r']) {
        return Err(bad("has a line break; describe one line"));
    }
    let (before, after) = pattern
        .split_once(MARK)
        .ok_or_else(|| bad("has no `{version}` in it; write it where the version stands"))?;
    if after.contains(MARK) {
        return Err(bad("has `{version}` in it twice; write it once"));
    }
    let regex = Regex::new(&format!("{}([0-9A-Za-z.+-]+){}", escape(before), escape(after)))
        .map_err(|_| bad("is too long; shorten it"))?;
    let mut matches = regex.captures_iter(text).filter_map(|found| found.get(1)).take(5);
    let first =
        matches.next().ok_or_else(|| FileError::NoMatch { path: path.into(), pattern: pattern.into() })?;
    let others: Vec<_> = matches.collect();
    if !others.is_empty() {
        let line = |at: usize| text[..at].matches('\n').count() + 1;
        let lines = [first].iter().chain(&others).map(|found| line(found.start())).collect();
        return Err(FileError::ManyMatches { path: path.into(), pattern: pattern.into(), lines });
    }
    Ok(Place { path: path.into(), range: first.range(), value: first.as_str().into() })
}
