//! Looking at what depends on the project: where its sources come from, and what tries it.

use super::repository::RepoError;
use crate::experiment::{Arm, At, Attempt, Declared, Job, Mode, Side};
use crate::types::object_id::CommitId;
use std::path::PathBuf;

/// Why a lab could not do what was asked. Variants say what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LabError {
    /// Foreign code cannot be contained on this machine: use another one, or set this one up.
    #[error("{0}")]
    Uncontained(String),
    /// The sources cannot be had now. Try again later.
    #[error("{0}")]
    Unavailable(String),
    /// The declaration leads to nothing that can be tried: a person changes it.
    #[error("{0}")]
    Declaration(String),
    /// The inputs could not be made. Another attempt may succeed.
    #[error("{0}")]
    Failed(String),
}

/// Brings projects to this machine.
pub trait Sources: Send + Sync {
    /// Finds the commit that is meant now, on the server; `.` is this repository.
    fn locate(&self, repo: &str, at: &At) -> Result<Located, RepoError>;

    /// Gives a directory with the files of a commit as they are in the repository, without `.git`. It is shared,
    /// and must not be written to.
    fn tree(&self, repo: &str, commit: &CommitId) -> Result<PathBuf, RepoError>;

    /// Gives the id of the tree of a commit of this repository.
    fn tree_id(&self, commit: &CommitId) -> Result<CommitId, RepoError>;
}

/// A commit of another project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Located {
    /// The commit.
    pub commit: CommitId,
    /// The tag by which it was chosen.
    pub tag: Option<String>,
}

/// One attempt, asked for.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// What is tried.
    pub job: &'a Job,
    /// With which version of the project.
    pub side: &'a Side,
    /// Which of the two that is.
    pub arm: Arm,
    /// With which versions of everything else.
    pub mode: Mode,
    /// By how much the limits of time and memory are multiplied.
    pub scale: u32,
    /// Its number among the attempts of its arm, from 1; the sandbox shows it as `ALLCLEAR_ATTEMPT`.
    pub number: u32,
}

/// What looks at downstreams. Many threads ask it at once.
pub trait Executor: Send + Sync {
    /// Makes the jobs of a declaration, at one of its repositories; or says why none can be made.
    fn survey(&self, declared: &Declared, repo: &str, at: &Located) -> Result<Vec<Job>, LabError>;

    /// Gives the key of all that decides how an attempt of this arm ends: the downstream's commit, the content
    /// of the project, the toolchain, the recipe. `None` where it cannot be known.
    fn key(&self, job: &Job, side: &Side, mode: Mode) -> Option<String>;

    /// Tells the digest of what is resolved now, for an answer that is known and floating; `None` where that
    /// fails.
    fn closure(&self, request: &Request<'_>) -> Option<String>;

    /// Gives the digest of a version's content, as downstreams of this kind prove it; `None` where it cannot be packed.
    fn hash(&self, job: &Job, side: &Side) -> Option<String>;

    /// Tries once.
    fn attempt(&self, request: &Request<'_>) -> Attempt;

    /// Says how foreign code is contained here: `bubblewrap, cgroup v2`; or why nothing can be run.
    fn contained(&self) -> Result<String, LabError>;

    /// Ends all that runs and starts nothing more: what was being tried has no outcome that counts.
    fn stop(&self) {}

    /// Makes the inputs of an attempt again and gives a person a shell among them, and the shell's exit code; with
    /// `print`, says on standard output what would be run and runs nothing.
    fn reproduce(&self, _request: &Request<'_>, _print: bool) -> Result<i32, LabError> {
        Err(LabError::Uncontained("this lab has no shell to give".into()))
    }
}
