//! The files of this workspace, and what cargo knows of it.

use super::imports::Files;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

pub(super) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

pub(super) fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

pub(super) fn metadata() -> Value {
    let args = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every package that is built here, for tests too.
pub(super) fn built() -> BTreeSet<String> {
    let args = ["tree", "--workspace", "--offline", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Names every library in the lock file.
pub(super) fn locked() -> BTreeSet<String> {
    let names = read("Cargo.lock");
    let names = names.lines().filter_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"'));
    names.map(str::to_owned).collect()
}

/// Lists every file and folder of the repository, but no builds; each path begins at the root.
pub(super) fn paths() -> BTreeSet<String> {
    fn walk(dir: &Path, top: &Path, found: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            let below = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && ![".git", "target"].contains(&below.as_str()) {
                walk(&path, top, found);
            }
            found.insert(below);
        }
    }
    let (mut found, top) = (BTreeSet::new(), root());
    walk(&top, &top, &mut found);
    found
}

/// Reads every Rust file of the workspace; its path begins at the root.
pub(super) fn sources() -> Files {
    let found = files("crates");
    assert!(found.len() > 50, "only {} files were found", found.len());
    found.into_iter().map(|(path, text)| (format!("crates/{path}"), text)).collect()
}

/// Reads what every crate has in `src`: the name of its folder, and the files.
pub(super) fn crates() -> BTreeMap<String, Files> {
    let mut crates: BTreeMap<String, Files> = BTreeMap::new();
    for (path, text) in files("crates") {
        let (name, below) = path.split_once('/').unwrap();
        if let Some(below) = below.strip_prefix("src/") {
            crates.entry(name.into()).or_default().insert(below.into(), text);
        }
    }
    assert!(crates.contains_key("core") && crates.contains_key("cli"), "{:?}", crates.keys());
    crates
}

/// Reads every Rust file below a folder; its path begins there.
fn files(folder: &str) -> Files {
    fn walk(dir: &Path, top: &Path, found: &mut Files) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                walk(&path, top, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let below = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
                found.insert(below, std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let (mut found, top) = (Files::new(), root().join(folder));
    walk(&top, &top, &mut found);
    found
}
