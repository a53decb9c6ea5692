//! No file imports what imports it.

use super::imports::{Crate, circles, imports};
use super::workspace::crates;
use std::collections::BTreeSet;

#[test]
fn no_file_imports_what_imports_it() {
    let mut found = Vec::new();
    for (name, files) in crates() {
        let is_root =
            |path: &&String| ["lib.rs", "main.rs"].contains(&path.as_str()) || path.starts_with("bin/");
        let mut reached = BTreeSet::new();
        for root in files.keys().filter(is_root) {
            let of = Crate::read(&files, root);
            reached.extend(of.files().into_iter().map(str::to_owned));
            found.extend(circles(&imports(&of)).into_iter().map(|circle| format!("{name}: {circle}")));
        }
        let lost: Vec<&String> = files.keys().filter(|path| !reached.contains(*path)).collect();
        assert!(lost.is_empty(), "files of {name} that no module declares: {lost:?}");
    }
    assert!(found.is_empty(), "circles of imports:\n{}", found.join("\n"));
}
