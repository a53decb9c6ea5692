//! Running what a project wants run: its after-steps, and the commands of its notices.

use super::repository::RepoError;
use crate::types::duration::Seconds;
use crate::types::object_id::CommitId;

/// A machine that can check out a commit and run commands there.
pub trait Steps: Send + Sync {
    /// Lays the files of a commit out in a directory of their own, byte by byte as they are in the
    /// repository, with a file of notes beside them. All of it is gone when the workspace is dropped.
    fn workspace(&self, commit: &CommitId, notes: &str) -> Result<Box<dyn Workspace + '_>, RepoError>;
}

/// A directory with a commit in it.
pub trait Workspace: Send + Sync {
    /// Runs a command to its end there. Nothing that it started outlives it.
    fn run(&self, command: &Command<'_>) -> Ended;
}

/// A command to be run.
#[derive(Debug, Clone)]
pub struct Command<'a> {
    /// What `sh -c` is given.
    pub script: &'a str,
    /// Variables beside the caller's own.
    pub vars: Vec<(&'static str, String)>,
    /// How long it may take.
    pub limit: Seconds,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub end: End,
    /// The last of what it wrote, made safe to show, with secrets masked; at most 4 KiB.
    pub said: String,
}

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// By itself, with this code.
    Exit(i32),
    /// By a signal.
    Killed,
    /// By its time limit.
    TimedOut,
    /// It was never started; why is in what was said.
    NotStarted,
}

impl Ended {
    /// Says how it ended, with its last line.
    pub fn sentence(&self) -> String {
        let how = match &self.end {
            End::Exit(code) => format!("exited with {code}"),
            End::Killed => "was ended by a signal".into(),
            End::TimedOut => "took longer than its limit and was ended".into(),
            End::NotStarted => "could not be started".into(),
        };
        match self.said.lines().rev().find(|line| !line.trim().is_empty()) {
            Some(last) => format!("{how}: {}", crate::types::text::short(last.trim(), 160)),
            None => how,
        }
    }
}
