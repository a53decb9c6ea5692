//! The house rules that a machine can check.

use allclear_core::gate::GATES;
use allclear_core::verdict::Verdict;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Who may use whom outside of tests.
const ROOMS: &[(&str, &[&str])] = &[
    ("allclear-core", &[]),
    ("allclear-host", &["allclear-core"]),
    ("allclear-git", &["allclear-core", "allclear-host"]),
    ("allclear-engine", &["allclear-core"]),
    ("allclear-lab", &["allclear-core", "allclear-host"]),
    ("allclear-testkit", &["allclear-core", "allclear-git", "allclear-engine"]),
    ("allclear", &["allclear-core", "allclear-git", "allclear-engine", "allclear-lab"]),
];

/// Libraries that were measured and left out, with their families.
const BANNED: &[&str] = &[
    "gix",
    "git2",
    "libgit2-sys",
    "octocrab",
    "openidconnect",
    "chrono",
    "figment",
    "git-cliff-core",
    "testcontainers",
    "madsim",
];

/// At most one of these: two providers mean two sets of flaws and a panic at start.
const TLS: &[&str] = &["aws-lc-rs", "ring", "openssl", "native-tls", "boring"];

/// The most lines that a source file has.
const LINES: usize = 800;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

fn metadata() -> Value {
    let args = ["metadata", "--no-deps", "--format-version", "1", "--offline"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Every Rust file of the workspace.
fn sources() -> BTreeMap<PathBuf, String> {
    fn walk(dir: &Path, found: &mut BTreeMap<PathBuf, String>) {
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                walk(&path, found);
            } else if path.extension().is_some_and(|e| e == "rs") {
                found.insert(path.clone(), std::fs::read_to_string(&path).unwrap());
            }
        }
    }
    let mut found = BTreeMap::new();
    walk(&root().join("crates"), &mut found);
    assert!(found.len() > 50, "only {} files were found", found.len());
    found
}

fn locked() -> BTreeSet<String> {
    let names = read("Cargo.lock");
    let names = names.lines().filter_map(|l| l.strip_prefix("name = \"")?.strip_suffix('"'));
    names.map(str::to_owned).collect()
}

/// Every package that is built here, for tests too.
fn built() -> BTreeSet<String> {
    let args = ["tree", "--workspace", "--offline", "--prefix", "none", "--format", "{p}"];
    let output = Command::new(env!("CARGO")).args(args).current_dir(root()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    lines.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

#[test]
fn rooms_see_only_whom_they_may() {
    let metadata = metadata();
    let packages = metadata["packages"].as_array().unwrap();
    let ours: BTreeSet<&str> = packages.iter().filter_map(|p| p["name"].as_str()).collect();
    assert_eq!(ours, ROOMS.iter().map(|(name, _)| *name).collect(), "a room without a line in ROOMS");
    for package in packages {
        let name = package["name"].as_str().unwrap();
        let (_, allowed) = ROOMS.iter().find(|(room, _)| *room == name).unwrap();
        for edge in package["dependencies"].as_array().unwrap() {
            let (to, kind) = (edge["name"].as_str().unwrap(), edge["kind"].as_str().unwrap_or("normal"));
            // Tests of the engine run over real git.
            let in_tests = kind == "dev" && matches!(to, "allclear-testkit" | "allclear-git");
            assert!(
                !ours.contains(to) || allowed.contains(&to) || in_tests,
                "{name} may not use {to} ({kind})"
            );
        }
    }
}

#[test]
fn a_file_is_one_idea() {
    for (path, text) in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES, "{} has {lines} lines; {LINES} is the most", path.display());
    }
}

#[test]
fn nothing_is_left_half_done() {
    // Put together here, so that this file passes its own test.
    let words =
        [["todo", "!("], ["unimplemented", "!("], ["#[ign", "ore"], ["dbg", "!("]].map(|w| w.concat());
    for (path, text) in sources() {
        for word in &words {
            assert!(!text.contains(word.as_str()), "{} has `{word}`", path.display());
        }
    }
}

#[test]
fn libraries_that_were_left_out_stay_out() {
    let locked = locked();
    assert!(locked.contains("jiff"), "the lock file was not understood");
    for name in BANNED {
        let family = |found: &&String| *found == name || found.starts_with(&format!("{name}-"));
        assert_eq!(locked.iter().find(family), None, "see DESIGN §10 for why not {name}");
    }
    // The lock file also names what no feature that is on would build.
    let built = built();
    let tls: Vec<&&str> = TLS.iter().filter(|name| built.contains(**name)).collect();
    assert_eq!(tls, [&"aws-lc-rs"], "one TLS provider, and this one");
}

#[test]
fn the_glossary_has_every_word() {
    let glossary = read("GLOSSARY.md");
    let missing = |word: &str| !glossary.contains(&format!("**{word}**"));
    let gates: Vec<&str> = GATES.iter().map(|(_, name, ..)| *name).filter(|name| missing(name)).collect();
    assert!(gates.is_empty(), "gates without an entry: {gates:?}");
    let verbs: Vec<String> = verbs().into_iter().filter(|verb| missing(&format!("`{verb}`"))).collect();
    assert!(verbs.is_empty(), "verbs without an entry: {verbs:?}");
    let verdicts = [
        Verdict::NotApplicable,
        Verdict::Passed,
        Verdict::Waived,
        Verdict::Pending,
        Verdict::Running,
        Verdict::Missing,
        Verdict::Inconclusive,
        Verdict::Errored,
        Verdict::Failed,
    ];
    let names = verdicts.map(|v| serde_json::to_value(v).unwrap().as_str().unwrap().to_owned());
    let verdicts: Vec<&String> = names.iter().filter(|name| missing(name)).collect();
    assert!(verdicts.is_empty(), "verdicts without an entry: {verdicts:?}");
    for state in ["waiting", "blocked", "clear", "promoting", "unknown"] {
        assert!(!missing(state), "no entry for the state {state}");
    }
    for code in [0, 1, 2, 3, 5, 6, 8, 75] {
        assert!(!missing(&format!("`{code}`")), "no entry for the exit code {code}");
    }
}

/// Every verb of the command line, the hidden ones too, as the manual page and the completions know them.
fn verbs() -> BTreeSet<String> {
    let script = Command::new(env!("CARGO_BIN_EXE_allclear")).args(["completions", "bash"]).output().unwrap();
    let script = String::from_utf8(script.stdout).unwrap();
    // The generated script has a case `allclear,VERB)` for each.
    let verbs = script.lines().filter_map(|l| l.trim().strip_prefix("allclear,")?.strip_suffix(')'));
    let verbs: BTreeSet<String> = verbs.filter(|v| *v != "help").map(str::to_owned).collect();
    assert!(verbs.contains("status") && verbs.contains("strike"), "{verbs:?}");
    verbs
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
fn every_test_that_the_documents_name_exists() {
    let rooms = ["crates/cli/tests/it", "crates/engine/tests/it"].map(|room| root().join(room));
    for (name, least) in [("README.md", 8), ("ARCHITECTURE.md", 3)] {
        let text = read(name);
        // `module::test`, where the module is a file of one of the rooms.
        let quoted = text.split('`').skip(1).step_by(2).filter_map(|code| code.split_once("::"));
        let of = |module: &str| rooms.each_ref().map(|room| room.join(format!("{module}.rs")));
        let named: Vec<_> =
            quoted.filter(|(module, _)| of(module).iter().any(|file| file.exists())).collect();
        assert!(named.len() >= least, "{name} names {named:?}");
        for (module, test) in named {
            let tests: String =
                of(module).iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect();
            assert!(tests.contains(&format!("fn {test}(")), "{name} names {module}::{test}");
        }
    }
}

fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let local = targets.filter(|t| !t.contains("://") && !t.starts_with('#'));
    local.map(|t| t.split('#').next().unwrap_or_default().to_owned()).collect()
}
