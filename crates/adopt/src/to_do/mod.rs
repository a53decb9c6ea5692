//! Adoption: one list of what is left to do until the train runs. Read from texts and refs alone, at any time
//! and any number of times; an item is done when it is seen to be so, and never because somebody said so.

mod bots;
mod ci;
mod items;
mod model;
mod patch;
mod pattern;
pub mod scheduler;
mod server;
mod yaml;

#[cfg(test)]
mod tests;

pub use items::SCHEDULER;
pub use model::{File, PolicyState, Recorded, Seen, Standing, Todo};
pub use patch::{Patch, diff, patches};
pub use server::Server;

use allclear_core::Branch;
use allclear_core::policy::Branches;
use allclear_core::port::Refs;
use allclear_core::types::version::CandidateFormat;

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

pub fn wants(path: &str) -> bool {
    ci::is_ci(path) || bots::is_dependabot(path) || bots::is_renovate(path) || ci::is_gitlab_part(path)
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
