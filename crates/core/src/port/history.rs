//! What a clone tells of its past: its own refs with dates, its commits, and how far its server lets
//! a push come. Read from the clone as it stands, so that nothing has to be fetched.

use super::repository::{Refs, RepoError};
use crate::types::object_id::CommitId;
use crate::types::ref_name::RefName;
use jiff::Timestamp;
use std::collections::{BTreeMap, HashMap};

/// One ref of the clone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CloneRef {
    /// The full name; a remote's branch is named as on the server.
    pub name: RefName,
    /// The object that it names.
    pub object: CommitId,
    /// Of an annotated tag: the object that it leads to.
    pub peeled: Option<CommitId>,
    /// When the tag was made or the commit committed, as they claim; `None` where they do not say.
    pub at: Option<Timestamp>,
}

impl CloneRef {
    /// Gives the commit that it leads to.
    pub fn commit(&self) -> &CommitId {
        self.peeled.as_ref().unwrap_or(&self.object)
    }
}

/// How far a push would come, by a dry run: nothing is sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reach {
    /// The server was not asked.
    NotAsked,
    /// There is nothing yet that could be pushed.
    NothingToPush,
    /// The server takes pushes from this credential as far as the connection goes.
    Open {
        /// Whether it says that it does atomic pushes.
        atomic: bool,
    },
    /// It does not, in its own words.
    Closed(String),
}

/// A branch of the server that was replaced, as the clone's reflog has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Forced {
    /// What it was.
    pub from: CommitId,
    /// What it was replaced with.
    pub to: CommitId,
    /// When the clone fetched that.
    pub at: Timestamp,
}

/// The clone's side of one look.
#[derive(Debug)]
pub struct Look {
    /// The version of git, as it prints it.
    pub git: String,
    /// Whether the clone's history is cut off.
    pub shallow: bool,
    /// Whether the clone leaves out objects.
    pub partial: bool,
    /// The branch that the clone's remote, or the repository itself, names first.
    pub head: Option<RefName>,
    /// Its tags, and its server's branches as it fetched them last.
    pub refs: Vec<CloneRef>,
    /// The server's refs; an error where it cannot be read, `None` where it was not asked.
    pub server: Option<Result<Refs, RepoError>>,
    /// How far a push would come.
    pub reach: Reach,
    /// Where git fetches from, if that is not where it pushes to and the server is.
    pub fetched_from: Option<String>,
}

/// One commit as `doctor` sees it.
#[derive(Debug, Clone)]
pub struct Commit {
    /// Its id.
    pub id: CommitId,
    /// Its parents, as far as they are there, by their place in the list.
    pub parents: Vec<usize>,
    /// How many parents it has, there or not.
    pub fan: usize,
    /// Its tree.
    pub tree: CommitId,
    /// When it was committed, in seconds of the epoch, as it claims.
    pub at: i64,
    /// When it was written, in seconds of the epoch, as it claims.
    pub authored: i64,
    /// A digest of its subject.
    pub subject: u64,
}

/// A commit as it was read, with its parents by id.
pub type Read = (Commit, Vec<CommitId>);

/// A set of commits, by their place in the list.
pub type Set = Vec<bool>;

/// All commits that some tips lead to.
#[derive(Debug, Clone, Default)]
pub struct Commits {
    list: Vec<Commit>,
    index: HashMap<CommitId, usize>,
}

impl Commits {
    /// Takes commits in any order.
    pub fn new(read: Vec<Read>) -> Self {
        let index: HashMap<CommitId, usize> =
            read.iter().enumerate().map(|(n, (commit, _))| (commit.id.clone(), n)).collect();
        let list = read.into_iter().map(|(mut commit, parents)| {
            commit.fan = parents.len();
            commit.parents = parents.iter().filter_map(|p| index.get(p).copied()).collect();
            commit
        });
        Self { list: list.collect(), index }
    }

    /// Gives all of them.
    pub fn all(&self) -> &[Commit] {
        &self.list
    }

    /// Gives one of them.
    pub fn at(&self, place: usize) -> &Commit {
        &self.list[place]
    }

    /// Finds one by its id.
    pub fn find(&self, id: &CommitId) -> Option<usize> {
        self.index.get(id).copied()
    }

    /// Gives what the tips lead to, the tips among them.
    pub fn reach(&self, tips: impl IntoIterator<Item = usize>) -> Set {
        let mut set = vec![false; self.list.len()];
        self.extend(&mut set, tips);
        set
    }

    /// Adds what the tips lead to, and gives what was not there before.
    pub fn extend(&self, set: &mut Set, tips: impl IntoIterator<Item = usize>) -> Vec<usize> {
        let mut fresh = Vec::new();
        let mut stack: Vec<usize> = tips.into_iter().collect();
        while let Some(n) = stack.pop() {
            if !std::mem::replace(&mut set[n], true) {
                fresh.push(n);
                stack.extend(&self.list[n].parents);
            }
        }
        fresh
    }

    /// Walks from a commit along the first parents, the commit itself first.
    pub fn first_parents(&self, tip: usize) -> impl Iterator<Item = usize> + '_ {
        std::iter::successors(Some(tip), |n| {
            let commit = &self.list[*n];
            // Where a parent is missing, the first of the rest is not the first.
            (commit.parents.len() == commit.fan).then(|| commit.parents.first().copied()).flatten()
        })
    }
}

/// A clone, read and never written.
pub trait History: Send + Sync {
    /// Reads the clone's refs and its server's. `ask` tells whether to ask the server at all.
    fn look(&self, ask: bool) -> Result<Look, RepoError>;

    /// Reads all commits that the tips lead to; tips that the clone does not have are left out.
    fn commits(&self, tips: &[CommitId]) -> Result<Commits, RepoError>;

    /// Gives the patch id of what each commit changes against its first parent; none where that is nothing.
    fn patch_ids(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>, RepoError>;

    /// Gives the subject of each commit.
    fn subjects(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>, RepoError>;

    /// Reads the same files of many commits; what is not there or no text is left out.
    fn files(
        &self,
        commits: &[CommitId],
        paths: &[&str],
    ) -> Result<BTreeMap<CommitId, BTreeMap<String, String>>, RepoError>;

    /// Lists when a branch of the server was replaced with another history, newest first, as far as the
    /// clone's reflog tells.
    fn forced(&self, branch: &RefName) -> Result<Vec<Forced>, RepoError>;

    /// Keeps a commit of the private store under a name of its own there, and gives the commands with
    /// which a person takes it to `branch` of the server.
    fn keep(&self, commit: &CommitId, branch: &RefName) -> Result<Vec<String>, RepoError>;

    /// Gives the command with which a person deletes refs of the server.
    fn how_to_delete(&self, names: &[RefName]) -> String;
}
