//! What the engine needs of the world. Few traits, and narrow.

pub mod history;
pub mod lab;
pub mod post;
pub mod steps;

use crate::id::CommitId;
use crate::ledger::RawEntry;
use crate::lineage::Lineage;
use crate::name::RefName;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// Why a repository could not do what was asked. Variants say what the caller can do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RepoError {
    /// It is not there, or what was asked for is not in it.
    #[error("{0}")]
    NotFound(String),
    /// It cannot be reached now; nothing is known to have changed. Try again later.
    #[error("{0}")]
    Unavailable(String),
    /// A request was sent and no answer came: it may have been applied. Read the refs.
    #[error("{0}")]
    Unknown(String),
    /// The other side spoke, and it made no sense; or this machine's own store is broken.
    #[error("{0}")]
    Protocol(String),
}

/// All refs of the server at one instant, read over a connection of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Refs {
    /// Full name to object.
    pub objects: BTreeMap<RefName, CommitId>,
    /// Annotated tags: full name to the commit they lead to.
    pub peeled: BTreeMap<RefName, CommitId>,
}

impl Refs {
    /// Gives the object that a ref names.
    pub fn get(&self, name: &RefName) -> Option<&CommitId> {
        self.objects.get(name)
    }

    /// Gives the commit that a ref leads to.
    pub fn commit(&self, name: &RefName) -> Option<&CommitId> {
        self.peeled.get(name).or_else(|| self.objects.get(name))
    }
}

/// One commit of the graph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitInfo {
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// Its author as the commit claims.
    pub author: String,
    /// Its whole message.
    pub message: String,
}

/// The commits above the common ancestors of some tips: enough to answer every question about
/// what one of them has and another lacks.
#[derive(Debug, Clone, Default)]
pub struct Graph {
    /// The commits, by id. A parent that is not here is common to all tips.
    pub commits: BTreeMap<CommitId, CommitInfo>,
    /// Newest first, children before parents.
    pub order: Vec<CommitId>,
    /// Tips that are not in the store.
    pub absent: std::collections::BTreeSet<CommitId>,
}

/// What is at a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TextAt {
    /// A file, with this text.
    Text(String),
    /// Nothing, and nothing but folders above it.
    Nothing,
    /// What must not be written over: a folder, a link, a file that is not UTF-8 or is above 4 MiB.
    Other,
}

/// What a trial merge gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merged {
    /// The tree, with conflict markers where there are conflicts.
    pub tree: CommitId,
    /// The conflicting files with their stages (1 base, 2 ours, 3 theirs); empty when clean.
    pub conflicts: BTreeMap<String, BTreeMap<u8, CommitId>>,
}

/// Who signs a commit or a tag, as git writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Name and address, `Mira <mira@example.org>`.
    pub who: String,
    /// When, UTC.
    pub at: Timestamp,
}

/// Who wrote a change first, where that is somebody else than who commits it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Name and address, `Mira <mira@example.org>`.
    pub who: String,
    /// When, as git writes it: `1767225600 +0100`.
    pub date: String,
}

/// A commit to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCommit {
    /// Its tree.
    pub tree: CommitId,
    /// Its parents.
    pub parents: Vec<CommitId>,
    /// Its committer, and its author where no other is given.
    pub by: Signature,
    /// Its author; `None` where it is who commits.
    pub author: Option<Author>,
    /// Its message.
    pub message: String,
}

/// One ref to be changed, only if it is what it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefUpdate {
    /// The full name.
    pub name: RefName,
    /// What it must be now; `None` where it must not exist.
    pub old: Option<CommitId>,
    /// What it shall be; `None` to delete it.
    pub new: Option<CommitId>,
}

/// One file in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Its path from the top.
    pub path: String,
    /// Whether it is a file, and neither a link nor another repository.
    pub regular: bool,
    /// How long it is, in bytes.
    pub size: u64,
}

/// What the server said to a push. It informs people; only the refs decide.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PushAnswer {
    /// Whether git reported success.
    pub ok: bool,
    /// Whether the server does not do atomic pushes.
    pub no_atomic: bool,
    /// What the server wrote, made safe to show, a line each.
    pub said: Vec<String>,
    /// Lock files that the server left behind, by its own words.
    pub locks: Vec<String>,
}

/// The git repository on its server, and this machine's private store of its objects.
pub trait Repo {
    /// Reads all refs over a fresh connection and brings their objects into the store.
    fn observe(&self) -> Result<Refs, RepoError>;

    /// Forgets what the store fetched, so that the next look fetches everything afresh. What heals a
    /// store whose objects went away with a deleted clone.
    fn forget(&self) -> Result<(), RepoError>;

    /// Reads all refs over a fresh connection, and no objects.
    fn refs(&self) -> Result<Refs, RepoError>;

    /// Gives `take` the ledger's commits from after `known` to `head`, oldest first, one at a time.
    fn entries(
        &self,
        head: &CommitId,
        known: Option<&CommitId>,
        take: &mut dyn FnMut(RawEntry),
    ) -> Result<(), RepoError>;

    /// Tells whether the store has `commit` and it is `head` or an ancestor of it.
    fn is_ancestor(&self, commit: &CommitId, head: &CommitId) -> Result<bool, RepoError>;

    /// Reads the commits above the common ancestors of `tips`.
    fn graph(&self, tips: &[CommitId]) -> Result<Graph, RepoError>;

    /// Reads the commits that `tip` has and none of `without` has, and no others; with nothing in `without`,
    /// its whole history.
    fn since(&self, tip: &CommitId, without: &[CommitId]) -> Result<Graph, RepoError>;

    /// Lists the paths that each commit changes against its first parent.
    fn paths(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, Vec<String>>, RepoError>;

    /// Gives the stable patch id of each commit with one parent that changes something; with
    /// `reverse`, that of the opposite change.
    fn patch_ids(&self, commits: &[CommitId], reverse: bool)
    -> Result<BTreeMap<CommitId, String>, RepoError>;

    /// Merges each pair in memory, without attributes, configuration or a work tree.
    /// Pairs with unrelated histories give `None`.
    fn merge(&self, pairs: &[(CommitId, CommitId)]) -> Result<Vec<Option<Merged>>, RepoError>;

    /// Brings what `theirs` changed against `base` onto `ours`, in memory like [`Repo::merge`]. Each is a
    /// commit or a tree.
    fn merge_over(&self, base: &CommitId, ours: &CommitId, theirs: &CommitId) -> Result<Merged, RepoError>;

    /// Finds the commits whose ids begin with `prefix`, four hex digits or more; tags lead to theirs.
    fn begins_with(&self, prefix: &str) -> Result<Vec<CommitId>, RepoError>;

    /// Reads who descends from whom in all of `tips`, down to the parents of `commit` and without them.
    fn lineage(&self, commit: &CommitId, tips: &[CommitId]) -> Result<Lineage, RepoError>;

    /// Merges three versions of a text; `None` where they conflict.
    fn merge_text(&self, base: &str, ours: &str, theirs: &str) -> Result<Option<String>, RepoError>;

    /// Reads files of a commit or tree; absent ones and those above 4 MiB or not UTF-8 are left out.
    fn files(&self, tree: &CommitId, paths: &[String]) -> Result<BTreeMap<String, String>, RepoError>;

    /// Lists the files of a commit or tree at these paths; a path that ends with `/` stands for what lies
    /// right below it. Names that are not UTF-8 are left out.
    fn listing(&self, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError>;

    /// Asks the server for the short name of its default branch; `None` where it names none.
    fn default_branch(&self) -> Result<Option<String>, RepoError>;

    /// Reads the same file of many trees, in their order.
    fn file_of_each(&self, trees: &[CommitId], path: &str) -> Result<Vec<Option<String>>, RepoError>;

    /// Tells what a commit or tree has at a path, to edit it or to put a file there.
    fn text_at(&self, tree: &CommitId, path: &str) -> Result<TextAt, RepoError>;

    /// Reads one blob as text; `None` where it is above 4 MiB or not UTF-8.
    fn blob(&self, id: &CommitId) -> Result<Option<String>, RepoError>;

    /// Reads tags or commits as text, each cut at 64 KiB; an absent one gives an empty text.
    fn objects(&self, ids: &[CommitId]) -> Result<Vec<String>, RepoError>;

    /// Gives the tree of each commit.
    fn trees(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, RepoError>;

    /// Writes a tree like `tree` with some files replaced.
    fn write_tree(
        &self,
        tree: Option<&CommitId>,
        files: &BTreeMap<String, String>,
    ) -> Result<CommitId, RepoError>;

    /// Writes a commit. The same input gives the same id.
    fn write_commit(&self, commit: &NewCommit) -> Result<CommitId, RepoError>;

    /// Writes an annotated tag. The same input gives the same id.
    fn write_tag(
        &self,
        name: &str,
        target: &CommitId,
        by: &Signature,
        message: &str,
    ) -> Result<CommitId, RepoError>;

    /// Changes refs on the server, all or none, each only if it is what it was.
    fn push(&self, updates: &[RefUpdate]) -> Result<PushAnswer, RepoError>;

    /// Waits a few seconds for this machine's other appending processes, so that they do not race each
    /// other; the next one goes when the answer is dropped. Only the push decides who is first: a store
    /// that knows no turns gives `None`.
    fn turn(&self) -> Option<Box<dyn std::any::Any>> {
        None
    }

    /// Gives what runs the project's own commands on this machine; `None` where nothing may be run.
    fn steps(&self) -> Option<&dyn steps::Steps> {
        None
    }

    /// Gives what delivers notices from this machine; `None` where nothing is delivered.
    fn post(&self) -> Option<&dyn post::Post> {
        None
    }

    /// Says how a person puts a ref of the server back to a commit that this machine's store has.
    fn how_to_restore(&self, name: &RefName, commit: &CommitId) -> String;

    /// Gives the fingerprint of the SSH key that signed a commit; `None` where no good signature is on it.
    fn signer(&self, commit: &CommitId) -> Option<String>;

    /// Signs a text with the person's SSH key and gives the armored signature; `None` where there is no key.
    fn sign(&self, _text: &[u8], _namespace: &str) -> Option<String> {
        None
    }

    /// Reads something remembered on this machine; anything may be forgotten at any time.
    fn recall(&self, key: &str) -> Option<Vec<u8>>;

    /// Remembers something on this machine, if it can.
    fn remember(&self, key: &str, bytes: &[u8]);
}

/// Time and chance.
pub trait Clock {
    /// Gives the present instant, UTC.
    fn now(&self) -> Timestamp;

    /// Waits. A virtual clock only moves on.
    fn wait(&self, length: std::time::Duration);

    /// Gives 32 fresh hex digits.
    fn fresh_id(&self) -> String;
}

impl Graph {
    /// Lists what `tip` has and none of `without` has, newest first.
    pub fn only(&self, tip: &CommitId, without: &[&CommitId]) -> Vec<CommitId> {
        let hidden = self.ancestors(without.iter().copied());
        let mine = self.ancestors([tip]);
        self.order.iter().filter(|id| mine.contains(id) && !hidden.contains(id)).cloned().collect()
    }

    /// Tells whether `tip` contains `commit`. Both must be among the tips that the graph was read
    /// for: one that is not above their common ancestors is itself a common ancestor.
    pub fn contains(&self, tip: &CommitId, commit: &CommitId) -> bool {
        if tip == commit {
            return true;
        }
        if self.absent.contains(tip) || self.absent.contains(commit) {
            return false;
        }
        !self.commits.contains_key(commit) || self.ancestors([tip]).contains(commit)
    }

    fn ancestors<'a>(
        &'a self,
        tips: impl IntoIterator<Item = &'a CommitId>,
    ) -> std::collections::HashSet<&'a CommitId> {
        let mut seen = std::collections::HashSet::new();
        let mut stack: Vec<&CommitId> = tips.into_iter().collect();
        while let Some(id) = stack.pop() {
            if let Some((id, info)) = self.commits.get_key_value(id)
                && seen.insert(id)
            {
                stack.extend(&info.parents);
            }
        }
        seen
    }
}
