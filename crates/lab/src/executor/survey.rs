//! What there is to look at in a downstream's repository: one job, or one for each of its programs.

use allclear_core::lab::{Declared, Ecosystem, Job};
use allclear_core::port::lab::Located;
use allclear_core::text::{plain, short};
use globset::{GlobBuilder, GlobMatcher};
use std::path::Path;

/// The most jobs that one repository gives.
const MOST: usize = 5000;
/// How much of a Go file is read to find out whether it is a program.
const HEAD: usize = 64 * 1024;

/// Makes the jobs of a declaration in a tree.
pub(crate) fn jobs(declared: &Declared, repo: &str, at: &Located, tree: &Path) -> Result<Vec<Job>, String> {
    let files = files(tree);
    let ecosystem = declared.ecosystem.unwrap_or_else(|| {
        let is_module = |path: &String| path == "go.mod" || path.ends_with("/go.mod");
        if files.iter().any(is_module) { Ecosystem::Go } else { Ecosystem::Generic }
    });
    let places = match (&declared.each, ecosystem) {
        (Some(each), _) => each_of(&files, each)?,
        (None, Ecosystem::Go) => go_places(declared, tree, &files),
        (None, Ecosystem::Generic) => vec![Place { dir: String::new(), one_of_many: false }],
    };
    if places.len() > MOST {
        return Err(format!("it has {} programs; {MOST} is the most", places.len()));
    }
    let job = |place: Place| {
        let recipe = declared.recipe_of(&place.dir);
        let name = match place.dir.as_str() {
            "" => declared.name.clone(),
            dir => format!("{}/{}", declared.name, plain(dir)),
        };
        Job {
            name,
            repo: repo.to_owned(),
            commit: at.commit.clone(),
            tag: at.tag.clone(),
            dir: place.dir,
            one_of_many: place.one_of_many,
            ecosystem,
            recipe,
        }
    };
    let jobs: Vec<Job> = places.into_iter().map(job).collect();
    if jobs.is_empty() { Err("there is nothing in it to build".into()) } else { Ok(jobs) }
}

struct Place {
    dir: String,
    one_of_many: bool,
}

/// Finds the folders with a file that matches.
fn each_of(files: &[String], each: &str) -> Result<Vec<Place>, String> {
    let glob = glob(each)?;
    let mut dirs: Vec<&str> = files.iter().filter(|f| glob.is_match(f)).map(|f| folder(f)).collect();
    dirs.sort_unstable();
    dirs.dedup();
    // A folder with a module of its own is looked at whole; a file that is a program, alone.
    let one_of_many = !each.ends_with("go.mod");
    if dirs.is_empty() {
        return Err(format!("no file matches each = \"{}\"", short(each, 80)));
    }
    Ok(dirs.into_iter().map(|dir| Place { dir: dir.to_owned(), one_of_many }).collect())
}

/// Finds the modules, and in them the programs beside the one at a module's top: examples and commands are
/// each looked at alone, so that one that rots hides no other.
fn go_places(declared: &Declared, tree: &Path, files: &[String]) -> Vec<Place> {
    let modules: Vec<&str> =
        files.iter().filter(|f| is_named(f, "go.mod") && is_built(f)).map(|f| folder(f)).collect();
    let mut places: Vec<Place> =
        modules.iter().map(|dir| Place { dir: (*dir).to_owned(), one_of_many: false }).collect();
    let own = &declared.recipe;
    if own.build.is_none() && own.test.is_none() && own.run.is_none() {
        let mut programs: Vec<&str> = files
            .iter()
            .filter(|f| is_go(f) && !modules.contains(&folder(f)) && is_program(&tree.join(f)))
            .map(|f| folder(f))
            .collect();
        programs.sort_unstable();
        programs.dedup();
        places.extend(programs.into_iter().map(|dir| Place { dir: dir.to_owned(), one_of_many: true }));
    }
    places.sort_by(|a, b| a.dir.cmp(&b.dir));
    places
}

fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(dir, _)| dir)
}

fn is_named(file: &str, name: &str) -> bool {
    file.rsplit('/').next() == Some(name)
}

/// Tells whether a file is looked at by the go command when it is asked for its folder by name. Patterns pass over
/// folders that begin with `_`, which is why examples are kept there.
fn is_built(file: &str) -> bool {
    !folder(file).split('/').any(|part| part.starts_with('.') || matches!(part, "vendor" | "testdata"))
}

fn is_go(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    let source = name.rsplit_once('.').is_some_and(|(base, last)| last == "go" && !base.ends_with("_test"));
    source && !name.starts_with(['.', '_']) && is_built(file)
}

/// Tells whether a Go file is the main file of a program that is built here.
fn is_program(file: &Path) -> bool {
    use std::io::Read;
    let mut text = Vec::new();
    let read = std::fs::File::open(file).and_then(|file| file.take(HEAD as u64).read_to_end(&mut text));
    let text = String::from_utf8_lossy(&text);
    let ignored = text.lines().take_while(|line| !line.starts_with("package ")).any(|line| {
        line.trim_start_matches("//go:build").trim() == "ignore" || line.trim() == "// +build ignore"
    });
    let has = |start: &str| text.lines().any(|line| line.starts_with(start));
    read.is_ok() && !ignored && has("package main") && has("func main()")
}

fn glob(text: &str) -> Result<GlobMatcher, String> {
    let glob = GlobBuilder::new(text).literal_separator(true).build();
    glob.map(|g| g.compile_matcher()).map_err(|e| format!("`{}`: {}", short(text, 80), e.kind()))
}

/// Lists the files of a tree, with `/` between folders.
fn files(tree: &Path) -> Vec<String> {
    fn walk(dir: &Path, before: &str, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let (Ok(kind), Some(name)) = (entry.file_type(), entry.file_name().to_str().map(str::to_owned))
            else {
                continue;
            };
            let path = format!("{before}{name}");
            if kind.is_dir() {
                walk(&entry.path(), &format!("{path}/"), found);
            } else if kind.is_file() {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    walk(tree, "", &mut found);
    found.sort_unstable();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use allclear_core::CommitId;
    use allclear_core::lab::{At, Recipe};

    /// Surveys a tree of these files, each a program or a go.mod; tells the folders, those of one of many with `*`.
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
        let jobs = jobs(&declared, "app", &at, tree.path()).unwrap();
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
