//! A file is one idea, and a folder can be taken in at a glance: src, tests and benches alike.

use super::imports::Files;
use super::workspace::sources;
use std::collections::BTreeMap;

/// The most lines that a source file has.
const LINES: usize = 600;

/// Longer files, and why each has to be.
const LONG: &[(&str, &str)] = &[];

/// The most source files that lie directly in a folder. A folder's own `mod.rs`, `lib.rs` or `main.rs` does not
/// count: it declares the others.
const FILES: usize = 12;

/// Fuller folders, and why each has to be.
const FULL: &[(&str, &str)] = &[("crates/core/src/gate", "one file a gate, and what all gates share")];

/// Lists what is above a limit, less the exceptions; an exception that is none any more is listed too.
fn above(sizes: &BTreeMap<&str, usize>, limit: usize, exceptions: &[(&str, &str)]) -> Vec<String> {
    let is_excepted = |name: &str| exceptions.iter().any(|(excepted, _)| *excepted == name);
    let over = sizes.iter().filter(|(name, size)| **size > limit && !is_excepted(name));
    let over = over.map(|(name, size)| format!("{name} has {size}; {limit} is the most"));
    let idle = exceptions.iter().filter(|(name, _)| sizes.get(name).is_none_or(|size| *size <= limit));
    over.chain(idle.map(|(name, _)| format!("{name} needs no exception"))).collect()
}

fn lines(files: &Files) -> BTreeMap<&str, usize> {
    files.iter().map(|(path, text)| (path.as_str(), text.lines().count())).collect()
}

fn folders(files: &Files) -> BTreeMap<&str, usize> {
    let mut folders = BTreeMap::new();
    for (folder, file) in files.keys().filter_map(|path| path.rsplit_once('/')) {
        *folders.entry(folder).or_default() += usize::from(!["mod.rs", "lib.rs", "main.rs"].contains(&file));
    }
    folders
}

#[test]
fn a_file_is_one_idea() {
    assert_eq!(above(&lines(&sources()), LINES, LONG), Vec::<String>::new());
}

#[test]
fn a_folder_can_be_taken_in_at_a_glance() {
    assert_eq!(above(&folders(&sources()), FILES, FULL), Vec::<String>::new());
}

#[test]
fn what_is_too_large_is_seen() {
    let files: Files = ["a/mod.rs", "a/b.rs", "a/c.rs", "a/c/d.rs"]
        .map(|path| (path.to_owned(), "one\ntwo\n".repeat(path.len())))
        .into();
    assert_eq!(folders(&files), BTreeMap::from([("a", 2), ("a/c", 1)]));
    assert_eq!(above(&folders(&files), 2, &[]), Vec::<String>::new());
    assert_eq!(above(&folders(&files), 1, &[]), ["a has 2; 1 is the most"]);
    assert_eq!(above(&folders(&files), 1, &[("a", "why")]), Vec::<String>::new());
    assert_eq!(
        above(&folders(&files), 2, &[("a", "why"), ("b", "why")]),
        ["a needs no exception", "b needs no exception"]
    );
    assert_eq!(
        above(&lines(&files), 12, &[]),
        ["a/c/d.rs has 16; 12 is the most", "a/mod.rs has 16; 12 is the most"]
    );
}
