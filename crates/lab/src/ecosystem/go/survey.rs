//! Finds the modules of a repository, and the programs in them.

use crate::ecosystem::{Files, Target, file_name, folder};
use allclear_core::experiment::Declared;
use std::path::Path;

/// In bytes; enough to see whether a Go file is a program.
const HEAD: u64 = 64 * 1024;

/// Finds the modules, and the programs in them beside the one at a module's top. Examples and commands are
/// tried one by one, so that a broken one hides no other.
pub(super) fn targets(declared: &Declared, tree: &Path, files: &Files) -> Vec<Target> {
    let modules: Vec<&str> =
        files.iter().filter(|f| file_name(f) == "go.mod" && is_built(f)).map(folder).collect();
    let mut targets: Vec<Target> =
        modules.iter().map(|dir| Target { dir: (*dir).to_owned(), one_of_many: false }).collect();
    let own = &declared.recipe;
    if own.build.is_none() && own.test.is_none() && own.run.is_none() {
        let mut programs: Vec<&str> = files
            .iter()
            .filter(|f| is_source(f) && !modules.contains(&folder(f)) && is_program(&tree.join(f)))
            .map(folder)
            .collect();
        programs.sort_unstable();
        programs.dedup();
        targets.extend(programs.into_iter().map(|dir| Target { dir: dir.to_owned(), one_of_many: true }));
    }
    targets.sort_by(|a, b| a.dir.cmp(&b.dir));
    targets
}

/// Tells whether the go command builds a file's folder if asked for it by name. Patterns skip folders that
/// begin with `_`, which is why examples are kept there.
fn is_built(file: &str) -> bool {
    !folder(file).split('/').any(|part| part.starts_with('.') || matches!(part, "vendor" | "testdata"))
}

fn is_source(file: &str) -> bool {
    let name = file_name(file);
    let source = name.rsplit_once('.').is_some_and(|(base, last)| last == "go" && !base.ends_with("_test"));
    source && !name.starts_with(['.', '_']) && is_built(file)
}

/// Tells whether a Go file is the main file of a program that is built here.
fn is_program(file: &Path) -> bool {
    use std::io::Read;
    let mut text = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(HEAD).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let ignored = text.lines().take_while(|line| !line.starts_with("package ")).any(|line| {
        line.trim_start_matches("//go:build").trim() == "ignore" || line.trim() == "// +build ignore"
    });
    let has = |start: &str| text.lines().any(|line| line.starts_with(start));
    read.is_ok() && !ignored && has("package main") && has("func main()")
}
