//! Rust: `Cargo.toml`, and crates.io.

mod version_file;

use super::definition::{Ecosystem, Script, TryLine, VersionFormat};
use super::name::{in_toml, is_name};
use super::place::Contents;
use crate::types::shell::quoted;

const MANIFEST: &str = "Cargo.toml";

pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "rust",
    manifest: MANIFEST,
    package,
    version: Some(VersionFormat { locks: version_file::locks, places: version_file::places }),
    try_it: TryLine { beside: &["src/lib.rs", "src/main.rs"], line },
    recipes: &[Script {
        word: "crates",
        run: Some(include_str!("crates-run.sh")),
        done: include_str!("crates-done.sh"),
    }],
};

fn package(manifest: &str) -> Option<String> {
    in_toml(manifest, &["package", "name"])
}

fn line(files: &Contents, url: &str, tag: &str) -> Option<String> {
    let text = files.get(MANIFEST)?;
    let name = package(text).filter(|name| is_name(name))?;
    let manifest: toml::Table = toml::from_str(text).ok()?;
    let is_library = manifest.contains_key("lib") || files.contains_key("src/lib.rs");
    let is_program = manifest.contains_key("bin") || files.contains_key("src/main.rs");
    let verb = if is_program && !is_library { "install" } else { "add" };
    Some(format!("cargo {verb} {name} --git {} --tag {}", quoted(url), quoted(tag)))
}
