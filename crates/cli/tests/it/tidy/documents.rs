//! What the documents name is there: files, links, tests.

use super::workspace::{paths, read, root, sources};
use std::collections::BTreeSet;

/// Folders of tests whose names the documents quote as `module::test`.
const TESTS: [&str; 2] = ["crates/cli/tests/it/", "crates/engine/tests/it/"];

/// Gives the words in backticks, but not what stands in fenced blocks.
fn quoted(text: &str) -> Vec<String> {
    let mut is_fenced = false;
    let prose: Vec<&str> = text
        .lines()
        .filter(|line| {
            let is_fence = line.trim_start().starts_with("```");
            is_fenced ^= is_fence;
            !is_fenced && !is_fence
        })
        .collect();
    prose.join("\n").split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// Lists the paths among quoted words, each brace list as its paths. A bare `file.rs` lies beside the path before it.
fn named_paths(quoted: &[String]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for word in quoted {
        let parts: Vec<&str> = word.split('/').collect();
        let is_ours = ["crates", "docs", "tests", ".ci"].contains(&parts[0]) && parts.len() > 1
            || parts.get(1).is_some_and(|part| ["src", "tests", "benches"].contains(part))
            || word.strip_suffix(".rs").is_some();
        // `NAME.rs` stands for any.
        let is_pattern =
            parts.iter().any(|part| part.chars().take(2).filter(char::is_ascii_uppercase).count() == 2);
        if !is_ours || is_pattern || word.contains([' ', '$', '<']) {
            continue;
        }
        let beside = found.last().filter(|_| parts.len() == 1).and_then(|last| last.rsplit_once('/'));
        let word = beside.map_or(word.clone(), |(folder, _)| format!("{folder}/{word}"));
        found.extend(spread(&word));
    }
    found
}

/// Spreads brace lists: `a/{b,c}.rs` is `a/b.rs` and `a/c.rs`.
fn spread(word: &str) -> Vec<String> {
    let braces = word.split_once('{').and_then(|(head, rest)| Some((head, rest.split_once('}')?)));
    let Some((head, (list, tail))) = braces else { return vec![word.to_owned()] };
    list.split(',').flat_map(|item| spread(&format!("{head}{}{tail}", item.trim()))).collect()
}

/// Tells whether a file or folder is there, below the root or below `crates`; `*` stands for part of a name.
fn is_there(path: &str, paths: &BTreeSet<String>) -> bool {
    let path = path.trim_end_matches('/');
    let fits = |there: &str| match path.split_once('*') {
        Some((head, tail)) => {
            let between = there.strip_prefix(head).and_then(|rest| rest.strip_suffix(tail));
            between.is_some_and(|name| !name.contains('/'))
        }
        None => there == path,
    };
    paths.iter().any(|there| fits(there) || there.strip_prefix("crates/").is_some_and(fits))
}

/// Gives the module of a file that lies below a folder of tests, as `a::b`.
fn module(below: &str) -> String {
    below.trim_end_matches(".rs").trim_end_matches("/mod").replace('/', "::")
}

/// Lists the quoted tests that are nowhere, and the number of those that were looked for. A module is quoted by
/// its own name, with or without the folders above it.
fn lost_tests(quoted: &[String], tests: &[(String, String)]) -> (usize, Vec<String>) {
    let fits = |module: &str, at: &str| at == module || at.ends_with(&format!("::{module}"));
    let of = |module: &str| tests.iter().filter(|(at, _)| fits(module, at)).map(|(_, text)| text).collect();
    let named = quoted.iter().filter_map(|word| {
        let (module, test) = word.rsplit_once("::")?;
        let texts: Vec<&String> = of(module);
        (!texts.is_empty()).then_some((word, test, texts))
    });
    let named: Vec<_> = named.collect();
    let is_lost =
        |test: &str, texts: &[&String]| !texts.iter().any(|text| text.contains(&format!("fn {test}(")));
    let lost = named.iter().filter(|(_, test, texts)| is_lost(test, texts));
    (named.len(), lost.map(|(word, ..)| (*word).clone()).collect())
}

fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|t| !t.contains("://") && !t.starts_with('#'));
    local.map(|t| t.split('#').next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn every_path_that_the_documents_name_exists() {
    let paths = paths();
    let mut lost = Vec::new();
    for (name, least) in [("ARCHITECTURE.md", 40), ("CONTRIBUTING.md", 3)] {
        let named = named_paths(&quoted(&read(name)));
        assert!(named.len() >= least, "{name} names only {named:?}");
        lost.extend(
            named.iter().filter(|path| !is_there(path, &paths)).map(|path| format!("{name}: {path}")),
        );
    }
    assert!(lost.is_empty(), "paths that are nowhere:\n{}", lost.join("\n"));
}

#[test]
fn every_test_that_the_documents_name_exists() {
    let tests: Vec<(String, String)> = sources()
        .into_iter()
        .filter_map(|(path, text)| {
            let below = TESTS.iter().find_map(|folder| path.strip_prefix(folder))?;
            Some((module(below), text))
        })
        .collect();
    for (name, least) in [("README.md", 8), ("ARCHITECTURE.md", 3)] {
        let (looked_for, lost) = lost_tests(&quoted(&read(name)), &tests);
        assert!(looked_for >= least, "{name} names only {looked_for} tests");
        assert!(lost.is_empty(), "{name} names tests that are nowhere: {lost:?}");
    }
}

#[test]
fn the_documents_link_to_what_is_there() {
    for name in ["README.md", "ARCHITECTURE.md", "GLOSSARY.md", "CONTRIBUTING.md", "CHANGELOG.md"] {
        for link in links(&read(name)) {
            assert!(root().join(&link).exists(), "{name} links to {link}");
        }
    }
    for entry in std::fs::read_dir(root().join("docs/adr")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let number = name.split('-').next().unwrap();
        assert!(number.len() == 4 && number.bytes().all(|b| b.is_ascii_digit()), "docs/adr/{name}");
    }
}

#[test]
fn a_path_that_is_nowhere_is_seen() {
    let text = "See `core/src/gate/{soak,fixes}.rs`, `core/src/x.rs` and `y.rs`; `core/src/gate/NAME.rs`, `a.b()`,\n\
                `docs/adr/`, `core/src/*.toml` and `refs/allclear/x`.\n```\nno `crates/z.rs`\n```\nthen `crates/z/`\n";
    let named = named_paths(&quoted(text));
    let expected = [
        "core/src/gate/soak.rs",
        "core/src/gate/fixes.rs",
        "core/src/x.rs",
        "core/src/y.rs",
        "docs/adr/",
        "core/src/*.toml",
        "crates/z/",
    ];
    assert_eq!(named, expected);
    let there =
        ["crates/core/src/gate/soak.rs", "crates/core/src/x.rs", "docs/adr", "crates/core/src/a/b.toml"];
    let there = there.map(str::to_owned).into();
    let lost: Vec<&String> = named.iter().filter(|path| !is_there(path, &there)).collect();
    assert_eq!(lost, ["core/src/gate/fixes.rs", "core/src/y.rs", "core/src/*.toml", "crates/z/"]);
}

#[test]
fn a_test_that_is_nowhere_is_seen() {
    let tests = [
        ("cut.rs", "fn one() {}"),
        ("promotion/faults.rs", "fn two() {}"),
        ("people/mod.rs", "fn three() {}"),
    ]
    .map(|(below, text)| (module(below), text.to_owned()));
    let words =
        ["cut::one", "cut::two", "faults::two", "promotion::faults::two", "people::three", "faults::one"];
    let words = [&words[..], &["core::plan", "faults"]].concat();
    let words: Vec<String> = words.into_iter().map(str::to_owned).collect();
    assert_eq!(lost_tests(&words, &tests), (6, vec!["cut::two".to_owned(), "faults::one".to_owned()]));
}
