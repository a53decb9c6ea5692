//! Reads pieces of a long ledger into files, several at once, while git still walks it.

use super::walked::{FILE, TREE_LIMIT, Walked, file_in};
use crate::parse::id_lines;
use crate::process::Git;
use crate::store::error::{broken, done, io};
use crate::store::objects::{read_object, read_tree};
use crate::store::signing::read_signed;
use crate::store::{FETCH_LIMIT, Store, held};
use allclear_core::ledger::entry::{ENTRY_LIMIT, RawEntry, Unreadable};
use allclear_core::port::RepoError;
use allclear_core::types::text::hex;
use allclear_host::TempDir;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::{Scope, available_parallelism};

/// Git reads larger files in parts only, so that nobody's file takes all memory.
const WHOLE_LIMIT: &str = "64m";
/// More readers at once are no faster than the walk.
const READERS: usize = 4;

/// The pieces of a ledger that are read, the newest first.
pub(super) struct Ahead<'scope, 'env> {
    store: &'env Store,
    scope: &'scope Scope<'scope, 'env>,
    queue: Arc<Queue>,
    dir: Option<TempDir>,
    pieces: usize,
    readers: usize,
}

#[derive(Default)]
struct Queue {
    pieces: Mutex<Pieces>,
    changed: Condvar,
}

#[derive(Default)]
struct Pieces {
    waiting: Vec<Piece>,
    read: BTreeMap<usize, Result<Piece, RepoError>>,
    /// Whether nothing is added any more.
    closed: bool,
}

struct Piece {
    number: usize,
    /// Oldest first.
    commits: Vec<Walked>,
    /// Which of them have the file of an entry, as far as their trees tell.
    has_file: Vec<bool>,
    file: PathBuf,
}

impl<'scope, 'env> Ahead<'scope, 'env> {
    pub(super) fn new(store: &'env Store, scope: &'scope Scope<'scope, 'env>) -> Self {
        Self { store, scope, queue: Arc::default(), dir: None, pieces: 0, readers: 0 }
    }

    /// Begins to read a piece, which is given newest first.
    pub(super) fn read(&mut self, mut commits: Vec<Walked>) -> std::io::Result<()> {
        let dir = match self.dir.take() {
            Some(dir) => dir,
            None => TempDir::make(&super::scratch(self.store.dir()))?,
        };
        let number = self.pieces;
        let file = self.dir.insert(dir).path().join(number.to_string());
        self.pieces += 1;
        commits.reverse();
        held(&self.queue.pieces).waiting.push(Piece { number, commits, has_file: Vec::new(), file });
        self.queue.changed.notify_all();
        // The walk takes a processor of its own.
        let most = available_parallelism().map_or(1, |most| most.get() - 1).clamp(1, READERS);
        if self.readers < most {
            self.readers += 1;
            let (queue, git) = (Arc::clone(&self.queue), self.store.git().clone());
            self.scope.spawn(move || queue.work(&git));
        }
        Ok(())
    }

    /// Takes all entries of the pieces, oldest first.
    pub(super) fn take(self, take: &mut dyn FnMut(RawEntry)) -> Result<(), RepoError> {
        for number in (0..self.pieces).rev() {
            let piece = self.queue.wait_for(number)?;
            piece.take(take).map_err(|e| io("reading entries", &e))?;
        }
        Ok(())
    }
}

impl Drop for Ahead<'_, '_> {
    fn drop(&mut self) {
        let mut pieces = held(&self.queue.pieces);
        pieces.waiting.clear();
        pieces.closed = true;
        drop(pieces);
        self.queue.changed.notify_all();
    }
}

impl Queue {
    fn work(&self, git: &Git) {
        while let Some(mut piece) = self.next() {
            let number = piece.number;
            let read = piece.read(git).map(|()| piece);
            held(&self.pieces).read.insert(number, read);
            self.changed.notify_all();
        }
    }

    /// Waits for a piece to read. The oldest is taken first, since it is wanted first.
    fn next(&self) -> Option<Piece> {
        let mut pieces = held(&self.pieces);
        loop {
            if let Some(piece) = pieces.waiting.pop() {
                return Some(piece);
            }
            if pieces.closed {
                return None;
            }
            pieces = self.changed.wait(pieces).unwrap_or_else(PoisonError::into_inner);
        }
    }

    fn wait_for(&self, number: usize) -> Result<Piece, RepoError> {
        let mut pieces = held(&self.pieces);
        loop {
            if let Some(piece) = pieces.read.remove(&number) {
                return piece;
            }
            pieces = self.changed.wait(pieces).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl Piece {
    fn read(&mut self, git: &Git) -> Result<(), RepoError> {
        let files = files(git, &self.commits)?;
        let mut ask = String::new();
        for (walked, file) in self.commits.iter().zip(&files) {
            if walked.signed {
                ask.push_str(&format!("{}\n", walked.commit));
            }
            ask.extend(file.iter().flat_map(|file| [file.as_str(), " ", FILE, "\n"]));
        }
        self.has_file = files.iter().map(Option::is_some).collect();
        // Git flushes at each blob, and into a pipe that would wake us as often. Unless it may convert a blob (there is
        // nothing that it is told to convert), it also writes it in three parts.
        let whole = git.clone().with_env("GIT_ALLOC_LIMIT", WHOLE_LIMIT);
        self.write(&whole, &["cat-file", "--batch", "--buffer", "--textconv"], &ask).or_else(|_too_large| {
            let ask = ask.replace(&format!(" {FILE}\n"), "\n");
            self.write(git, &["cat-file", "--batch", "--buffer"], &ask)
        })
    }

    fn write(&self, git: &Git, args: &[&str], ask: &str) -> Result<(), RepoError> {
        let file = File::create(&self.file).map_err(|e| io("reading entries", &e))?;
        done("cat-file", git.write(args, ask.as_bytes(), FETCH_LIMIT, file).map_err(broken)?)
    }

    fn take(self, take: &mut dyn FnMut(RawEntry)) -> std::io::Result<()> {
        let mut out = BufReader::with_capacity(64 * 1024, File::open(&self.file)?);
        for (walked, has_file) in self.commits.into_iter().zip(self.has_file) {
            let signed = if walked.signed { read_signed(&mut out)? } else { None };
            let json = if has_file { read_object(&mut out, ENTRY_LIMIT)? } else { Err(Unreadable::Absent) };
            take(RawEntry { commit: walked.commit, parents: walked.parents, json, signed });
        }
        drop(out);
        std::fs::remove_file(&self.file)
    }
}

/// Finds the file of each entry in its tree: asked by id, git reads it in half the time. What cannot be told is asked
/// by its name; `None` where the tree has no such file.
fn files(git: &Git, commits: &[Walked]) -> Result<Vec<Option<String>>, RepoError> {
    let ask = id_lines(commits.iter().map(|walked| &walked.tree));
    let mut files = Vec::new();
    let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
        for Walked { commit, tree, .. } in commits {
            files.push(match read_tree(out, TREE_LIMIT)? {
                Some(raw) => file_in(&raw, tree).map(hex),
                None => Some(format!("{commit}:{FILE}")),
            });
        }
        Ok(())
    };
    let args = ["cat-file", "--batch", "--buffer"];
    done("cat-file", git.stream(&args, ask.as_bytes(), FETCH_LIMIT, &mut each).map_err(broken)?)?;
    Ok(files)
}
