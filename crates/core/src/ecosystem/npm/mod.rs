//! JavaScript: `package.json`, and the registry of npm.

mod version_file;

use super::definition::{Ecosystem, Script, TryLine, VersionFormat};
use super::place::Contents;
use crate::types::shell::quoted;
use serde_json::Value;

const MANIFEST: &str = "package.json";

pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "javascript",
    manifest: MANIFEST,
    package,
    version: Some(VersionFormat { locks: version_file::locks, places: version_file::places }),
    try_it: TryLine { beside: &[], line },
    recipes: &[Script { word: "npm", run: Some("npm publish"), done: include_str!("npm-done.sh") }],
};

fn package(manifest: &str) -> Option<String> {
    // npm accepts a byte order mark.
    let manifest: Value = serde_json::from_str(manifest.trim_start_matches('\u{feff}')).ok()?;
    Some(manifest.get("name")?.as_str()?.to_owned())
}

fn line(files: &Contents, url: &str, tag: &str) -> Option<String> {
    let manifest: Value = serde_json::from_str(files.get(MANIFEST)?).ok()?;
    let private = manifest.get("private").and_then(Value::as_bool).unwrap_or(false);
    let named = manifest.get("name").is_some_and(Value::is_string);
    (named && !private).then(|| format!("npm i {}", quoted(&format!("git+{url}#{tag}"))))
}
