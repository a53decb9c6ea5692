//! What is in commits and trees.

use super::error::RepoError;
use crate::types::object_id::CommitId;
use std::collections::BTreeMap;

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

/// Reads files, trees and tags.
pub trait Objects: Send + Sync {
    /// Reads files of a commit or tree; absent ones and those above 4 MiB or not UTF-8 are left out.
    fn files(&self, tree: &CommitId, paths: &[String]) -> Result<BTreeMap<String, String>, RepoError>;

    /// Reads the same file of many trees, in their order.
    fn file_of_each(&self, trees: &[CommitId], path: &str) -> Result<Vec<Option<String>>, RepoError>;

    /// Tells what a commit or tree has at a path, to edit it or to put a file there.
    fn text_at(&self, tree: &CommitId, path: &str) -> Result<TextAt, RepoError>;

    /// Lists the files of a commit or tree at these paths; a path that ends with `/` stands for what lies
    /// right below it. Names that are not UTF-8 are left out.
    fn listing(&self, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError>;

    /// Reads one blob as text; `None` where it is above 4 MiB or not UTF-8.
    fn blob(&self, id: &CommitId) -> Result<Option<String>, RepoError>;

    /// Reads tags or commits as text, each cut at 64 KiB; an absent one gives an empty text.
    fn objects(&self, ids: &[CommitId]) -> Result<Vec<String>, RepoError>;

    /// Reads an object whole, as the bytes that its id is made of.
    fn raw(&self, id: &CommitId) -> Result<Vec<u8>, RepoError>;

    /// Gives the tree of each commit.
    fn trees(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, RepoError>;
}
