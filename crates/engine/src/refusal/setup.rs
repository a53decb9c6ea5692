//! What keeps a project from being set up, examined or repaired.

use crate::Fault;
use allclear_core::Branch;
use allclear_core::types::text::{count, list, short};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SetupRefusal {
    NothingToMakeItFrom { branch: Branch, from: Branch },
    NoDevelop,
    NoStable,
    NoSuchBranch(String),
    NoCommonCommit { stable: String, develop: String },
    // How many files conflict and how many commits are nowhere on develop, and the first few of both.
    Conflicts { stable: String, develop: String, files: (usize, Vec<String>), commits: (usize, Vec<String>) },
    BadBranchName,
    NoProbeNames,
}

impl From<&SetupRefusal> for Fault {
    fn from(refusal: &SetupRefusal) -> Self {
        use SetupRefusal as R;
        match refusal {
            R::NothingToMakeItFrom { branch, from } => {
                Self::usage(format!("there is no branch {from} on the server to make {branch} from"))
            }
            R::NoDevelop => Self::usage("there is no develop branch, so nothing can be missing from it"),
            R::NoStable => Self::usage("no branch of releases was found (master, main, trunk, stable)"),
            R::NoSuchBranch(name) => Self::usage(format!("the server has no branch {}", short(name, 60))),
            R::NoCommonCommit { stable, develop } => Self::blocked(format!(
                "{} and {} share no commit, so nothing can be merged",
                short(stable, 60),
                short(develop, 60)
            ))
            .hint("one of the two was rewritten; decide which one to keep"),
            R::Conflicts { stable, develop, files, commits } => {
                let (stable, develop) = (short(stable, 60), short(develop, 60));
                Self::blocked(format!(
                    "merging {stable} into {develop} conflicts in {} ({}), and {} of {stable} is nowhere on {develop}: {}",
                    count(files.0, "file"),
                    list(&files.1),
                    count(commits.0, "commit"),
                    list(&commits.1)
                ))
                .hint(format!("merge it by hand: git checkout {develop} && git merge origin/{stable}; keep what these commits bring"))
            }
            R::BadBranchName => Self::usage("the branch's name cannot be used"),
            R::NoProbeNames => Self::broken("a probe has three names"),
        }
    }
}
