//! The floors of core: imports go down.

use super::imports::{Crate, Imports, imports};
use super::workspace::crates;

/// The floors, the lowest first: a folder of `crates/core/src`, or a file without `.rs`. Where two fit a file,
/// the longer one counts.
const FLOORS: &[&str] = &[
    "types",
    "experiment",
    "ecosystem",
    "policy/model",
    "policy/preset",
    "policy/file",
    "policy",
    "history",
    "ledger",
    "port",
    "facts",
    "project",
    "gate",
    "environment",
    "decide",
    "verify",
];

/// Floors that DESIGN names and that nobody has built.
const UNBUILT: &[&str] = &["environment"];

/// The root shows what the floors have. None of them imports from it.
const ROOT: &str = "lib.rs";

fn fits(floor: &str, file: &str) -> bool {
    file.strip_prefix(floor).is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

fn floor(file: &str, floors: &[&str]) -> Option<usize> {
    let fitting = (0..floors.len()).filter(|at| fits(floors[*at], file));
    fitting.max_by_key(|at| floors[*at].len())
}

/// Lists all imports that go up, and those of files that stand on no floor.
fn climbs(imports: &Imports, floors: &[&str]) -> Vec<String> {
    let above = |from: &str, to: &str| match (floor(from, floors), floor(to, floors)) {
        (Some(from), Some(to)) => to > from,
        _ => true,
    };
    let climbs = imports.iter().filter(|((from, to), _)| from != ROOT && above(from, to));
    climbs
        .map(|((from, to), names)| {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            format!("{from} -> {to} ({})", names.join(", "))
        })
        .collect()
}

#[test]
fn in_core_imports_go_down() {
    let files = &crates()["core"];
    let homeless: Vec<&String> =
        files.keys().filter(|file| *file != ROOT && floor(file, FLOORS).is_none()).collect();
    let empty: Vec<&&str> =
        FLOORS.iter().filter(|floor| !files.keys().any(|file| fits(floor, file))).collect();
    assert!(homeless.is_empty(), "files on no floor: {homeless:?}");
    assert_eq!(empty, UNBUILT.iter().collect::<Vec<_>>(), "floors without a file");
    let climbs = climbs(&imports(&Crate::read(files, ROOT)), FLOORS);
    assert!(climbs.is_empty(), "imports that go up:\n{}", climbs.join("\n"));
}

#[test]
fn an_import_that_goes_up_is_seen() {
    let imports = |from: &str, to: &str| {
        Imports::from([((from.to_owned(), to.to_owned()), ["Thing".to_owned()].into())])
    };
    let floors = ["types", "policy/model", "policy", "facts"];
    for (from, to) in [
        ("facts.rs", "types/mod.rs"),
        ("types/id.rs", "types/mod.rs"),
        ("policy/show.rs", "policy/model/gates.rs"),
        ("lib.rs", "facts.rs"),
    ] {
        assert_eq!(climbs(&imports(from, to), &floors), Vec::<String>::new());
    }
    for (from, to) in [
        ("types/id.rs", "facts.rs"),
        ("policy/model/gates.rs", "policy/show.rs"),
        ("policy/model.rs", "policy/mod.rs"),
        ("policy.rs", "policies.rs"),
        ("facts_of.rs", "types/id.rs"),
        ("facts.rs", "lib.rs"),
    ] {
        assert_eq!(climbs(&imports(from, to), &floors), [format!("{from} -> {to} (Thing)")]);
    }
}
