//! The glossary has every word that the program says.

use super::workspace::read;
use allclear_core::types::gate::Gate;
use allclear_core::types::verdict::Verdict;
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn the_glossary_has_every_word() {
    let glossary = read("GLOSSARY.md");
    let missing = |word: &str| !glossary.contains(&format!("**{word}**"));
    let gates: Vec<&str> = Gate::ALL.into_iter().map(Gate::name).filter(|name| missing(name)).collect();
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
