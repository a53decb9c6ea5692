//! Python: `pyproject.toml`, and the Python Package Index.

mod version_file;

use super::definition::{Ecosystem, Script, TryLine, VersionFormat};
use super::name::in_toml;
use super::place::Contents;
use crate::types::shell::quoted;

const MANIFEST: &str = "pyproject.toml";

pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "python",
    manifest: MANIFEST,
    package,
    version: Some(VersionFormat { locks: version_file::locks, places: version_file::places }),
    try_it: TryLine { beside: &[], line },
    recipes: &[Script {
        word: "pypi",
        run: Some(include_str!("pypi-run.sh")),
        done: include_str!("pypi-done.sh"),
    }],
};

fn package(manifest: &str) -> Option<String> {
    in_toml(manifest, &["project", "name"]).or_else(|| in_toml(manifest, &["tool", "poetry", "name"]))
}

fn line(files: &Contents, url: &str, tag: &str) -> Option<String> {
    let manifest: toml::Table = files.get(MANIFEST)?.parse().ok()?;
    let builds = manifest.contains_key("project") || manifest.contains_key("build-system");
    builds.then(|| format!("pip install {}", quoted(&format!("git+{url}@{tag}"))))
}
