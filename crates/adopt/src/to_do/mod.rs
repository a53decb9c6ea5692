//! Adoption: one list of what is left to do until the train runs. Read from texts and refs alone, at any time
//! and any number of times; an item is done when it is seen to be so, and never because somebody said so.

mod bots;
mod ci;
mod home;
mod items;
mod pattern;
pub mod scheduler;
mod yaml;

#[cfg(test)]
mod tests;

pub use home::Home;

use allclear_core::Branch;
use allclear_core::policy::{Branches, Mode};
use allclear_core::port::Refs;
use allclear_core::text::plain;
use allclear_core::version::CandidateFormat;
use serde::Serialize;
use similar::TextDiff;

/// The largest file of these that is read, in bytes.
pub const FILE_LIMIT: u64 = yaml::LIMIT as u64;

/// What `git ls-tree` is asked for: everything that an item is read from.
pub const PLACES: &[&str] = &[
    ".github/",
    ".github/workflows/",
    ".gitlab/",
    ".gitlab-ci.yml",
    ".circleci/config.yml",
    "azure-pipelines.yml",
    "azure-pipelines.yaml",
    ".azure-pipelines.yml",
    ".travis.yml",
    "Jenkinsfile",
    "renovate.json",
    "renovate.json5",
    ".renovaterc",
    ".renovaterc.json",
    ".renovaterc.json5",
];

/// The key of the item that is about what runs `allclear tick`.
pub const SCHEDULER: &str = "scheduler";

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Todo {
    /// A word that stays the same: `policy`, `ci-branches`.
    pub key: &'static str,
    /// Whether it is seen to be done.
    pub done: bool,
    /// How it is, in half a sentence.
    pub title: String,
    /// Where, `file:line` first.
    pub detail: Vec<String>,
    /// What to do: commands where there are any.
    pub remedy: Vec<String>,
}

/// One file of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path from the top.
    pub path: String,
    /// What is in it, or why that cannot be read.
    pub text: Result<String, &'static str>,
}

/// The policy on develop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyState<'a> {
    /// There is none.
    Absent,
    /// It has so many mistakes.
    Wrong(usize),
    /// It reads well.
    Read {
        /// Its preset.
        preset: &'a str,
        /// Its mode.
        mode: Mode,
    },
}

/// How the two long-lived branches stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// There is no stable.
    NoStable,
    /// There is no develop.
    NoDevelop,
    /// Develop lacks commits of stable.
    Behind,
    /// Develop contains stable.
    Contains,
}

/// What the record tells of who may push, and of what runs allclear.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Traces {
    /// Whether there is a record.
    pub begun: bool,
    /// Whether a release is on it.
    pub released: bool,
    /// What a rule of the server said when it refused the last promotion.
    pub refused: Option<String>,
    /// Whether a scheduled job wrote an entry of late.
    pub machine: bool,
}

/// Everything that the list is made from.
#[derive(Debug, Clone)]
pub struct Seen<'a> {
    /// The branches.
    pub names: &'a Branches,
    /// The server.
    pub home: Home,
    /// The policy on develop.
    pub policy: PolicyState<'a>,
    /// How develop and stable stand.
    pub standing: Standing,
    /// The server's default branch; `None` where it names none.
    pub default: Option<&'a str>,
    /// The files of develop, or of stable where there is no develop.
    pub files: &'a [File],
    /// What the record tells.
    pub traces: Traces,
}

/// A file as it is and as it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patch {
    /// The file's path from the top.
    pub path: String,
    /// Its text on the server.
    pub before: String,
    /// Its text with the patch.
    pub after: String,
}

/// Tells whether an item is read from this file.
pub fn wants(path: &str) -> bool {
    ci::is_ci(path) || bots::is_dependabot(path) || bots::is_renovate(path) || is_gitlab_part(path)
}

fn is_gitlab_part(path: &str) -> bool {
    path.strip_prefix(".gitlab/").is_some_and(|name| !name.contains('/') && ci::is_yaml(name))
}

/// Finds out the branches of a repository that has no policy yet, by their usual names.
pub fn names(refs: &Refs) -> Branches {
    let find = |names: [&str; 4]| {
        let branches = names.into_iter().filter_map(|name| Branch::parse(name).ok());
        branches.into_iter().find(|branch| refs.get(&branch.to_ref()).is_some())
    };
    let or = |found: Option<Branch>, name: &str| {
        found.unwrap_or_else(|| Branch::parse(name).expect("this is a name of a branch"))
    };
    Branches {
        stable: or(find(["master", "main", "trunk", "stable"]), "master"),
        develop: or(find(["develop", "dev", "development", "next"]), "develop"),
        candidate: CandidateFormat { prefix: "release-".into() },
    }
}

/// Makes the list, in the order in which the items are best done.
pub fn todo(seen: &Seen) -> Vec<Todo> {
    let items = [
        Some(items::policy(seen)),
        Some(items::develop_contains_stable(seen)),
        Some(items::default_branch(seen)),
        Some(items::ci_branches(seen)),
        items::dependabot(seen),
        items::renovate(seen),
        Some(items::push_rights(seen)),
        Some(items::a_scheduler(seen)),
        Some(items::observe(seen)),
    ];
    items.into_iter().flatten().collect()
}

/// Gives the patches for the files that name stable and not all that allclear makes.
pub fn patches(seen: &Seen) -> Vec<Patch> {
    let develop = seen.names.develop.as_str();
    let patch = |file: &File| {
        let before = file.text.as_ref().ok().filter(|text| is_plain(text))?;
        let after = if bots::is_dependabot(&file.path) {
            bots::dependabot(before, develop, seen.default).ok()?.patched
        } else {
            ci::read(&file.path, before, seen.names, seen.default).ok()?.patched
        };
        Some(Patch { path: file.path.clone(), before: before.clone(), after: after? })
    };
    seen.files.iter().filter(|file| is_simple(&file.path)).filter_map(patch).collect()
}

/// Writes the difference between two texts as `git apply` reads it; `None` before stands for no file.
pub fn diff(path: &str, before: Option<&str>, after: &str) -> String {
    let old = before.map_or_else(|| "/dev/null".to_owned(), |_| format!("a/{path}"));
    let new = format!("b/{path}");
    let diff = TextDiff::from_lines(before.unwrap_or_default(), after);
    let mode = if before.is_none() { "new file mode 100644\n" } else { "" };
    format!("diff --git a/{path} {new}\n{mode}{}", diff.unified_diff().header(&old, &new))
}

/// Tells whether a text can be shown as it is: it steers no terminal and hides nothing.
fn is_plain(text: &str) -> bool {
    let lines = text.split_inclusive('\n').map(|line| {
        line.strip_suffix("\r\n").or_else(|| line.strip_suffix('\n')).unwrap_or(line).replace('\t', " ")
    });
    let mut buffer = [0; 4];
    lines.into_iter().all(|line| {
        line.chars().all(|c| {
            let one: &str = c.encode_utf8(&mut buffer);
            c == ' ' || c.is_ascii_graphic() || plain(one) == one
        })
    })
}

/// Tells whether a path means itself to a shell, and to `git apply`.
fn is_simple(path: &str) -> bool {
    path.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/'))
}

/// Puts a path between quotes for a shell, where it needs them.
fn quoted(path: &str) -> String {
    if is_simple(path) { path.to_owned() } else { format!("'{}'", plain(path).replace('\'', "'\\''")) }
}
