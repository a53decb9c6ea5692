//! Finds what to try in a downstream's repository: one job, or one for each of its programs.

use crate::ecosystem::table::Table;
use crate::ecosystem::{Files, Target, folder};
use allclear_core::experiment::{Declared, Job};
use allclear_core::port::lab::Located;
use allclear_core::types::text::{plain, short};
use globset::{GlobBuilder, GlobMatcher};
use std::path::Path;

/// For one repository.
const MAX_JOBS: usize = 5000;

/// Makes the jobs of a declaration.
pub(super) fn jobs(
    table: &Table,
    declared: &Declared,
    repo: &str,
    at: &Located,
    tree: &Path,
) -> Result<Vec<Job>, String> {
    let files = Files::of(tree);
    let ecosystem = declared.ecosystem.unwrap_or_else(|| table.recognise(&files));
    let targets = match &declared.each {
        Some(each) => each_of(table, &files, each)?,
        None => table.of(ecosystem).targets(declared, tree, &files),
    };
    if targets.len() > MAX_JOBS {
        return Err(format!("it has {} programs; {MAX_JOBS} is the most", targets.len()));
    }
    let job = |target: Target| {
        let recipe = declared.recipe_of(&target.dir);
        let name = match target.dir.as_str() {
            "" => declared.name.clone(),
            dir => format!("{}/{}", declared.name, plain(dir)),
        };
        Job {
            name,
            repo: repo.to_owned(),
            commit: at.commit.clone(),
            tag: at.tag.clone(),
            dir: target.dir,
            one_of_many: target.one_of_many,
            ecosystem,
            recipe,
        }
    };
    let jobs: Vec<Job> = targets.into_iter().map(job).collect();
    if jobs.is_empty() { Err("there is nothing in it to build".into()) } else { Ok(jobs) }
}

/// Finds the folders with a file that matches.
fn each_of(table: &Table, files: &Files, each: &str) -> Result<Vec<Target>, String> {
    let glob = glob(each)?;
    let mut dirs: Vec<&str> = files.iter().filter(|f| glob.is_match(f)).map(folder).collect();
    dirs.sort_unstable();
    dirs.dedup();
    // A folder with its own manifest is tried whole; a single program, alone.
    let one_of_many = !table.chooses_manifests(each);
    if dirs.is_empty() {
        return Err(format!("no file matches each = \"{}\"", short(each, 80)));
    }
    Ok(dirs.into_iter().map(|dir| Target { dir: dir.to_owned(), one_of_many }).collect())
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|g| g.compile_matcher()).map_err(|e| format!("`{}`: {}", short(text, 80), e.kind()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_core::CommitId;
    use allclear_core::experiment::{At, Recipe};

    /// Surveys a tree with these files; lists the folders, those of one of many with `*`.
    fn places(files: &[&str]) -> Vec<String> {
        let tree = tempfile::tempdir().unwrap();
        for file in files {
            let place = tree.path().join(file);
            std::fs::create_dir_all(place.parent().unwrap()).unwrap();
            let text =
                if file.ends_with("go.mod") { "module m\n" } else { "package main\n\nfunc main() {}\n" };
            std::fs::write(place, text).unwrap();
        }
        let declared = Declared {
            name: "app".into(),
            repo: vec!["app".into()],
            at: At::LatestRelease,
            each: None,
            overrides: Vec::new(),
            ecosystem: None,
            recipe: Recipe::default(),
        };
        let at = Located { commit: CommitId::parse(&"1".repeat(40)).unwrap(), tag: None };
        let jobs = jobs(&Table::default(), &declared, "app", &at, tree.path()).unwrap();
        jobs.iter().map(|job| format!("{}{}", job.dir, if job.one_of_many { "*" } else { "" })).collect()
    }

    #[test]
    fn examples_that_patterns_pass_over_are_looked_at() {
        let files = [
            "go.mod",
            "main.go",
            "cmd/tool/main.go",
            "_example/go.mod",
            "_example/main.go",
            "_examples/rest/main.go",
            "_examples/rest/_main.go",
            "testdata/go.mod",
            "testdata/main.go",
            ".ci/main.go",
            "vendor/x/go.mod",
            "vendor/x/main.go",
        ];
        assert_eq!(places(&files), ["", "_example", "_examples/rest*", "cmd/tool*"]);
    }
}
