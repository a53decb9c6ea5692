//! Reads the entries of a ledger.
//!
//! A short stretch takes two git processes, one that walks and one that reads. A long one is read in pieces while
//! git still walks it: the walk gives the newest commit first, and the first to be taken is the oldest. So what is
//! read ahead goes into files, and memory does not grow with the ledger.

mod ahead;
mod walked;

use super::error::{broken, done};
use super::make::scratch;
use super::objects::{read_object, read_tree};
use super::signing::read_signed;
use super::{FETCH_LIMIT, Store};
use crate::parse::id_lines;
use ahead::Ahead;
use allclear_core::CommitId;
use allclear_core::ledger::entry::{ENTRY_LIMIT, RawEntry, Unreadable};
use allclear_core::port::RepoError;
use std::io::BufRead;
use walked::{FILE, TREE_LIMIT, Walked, file_in};

/// So many commits are read at once. A stretch of no more is not read ahead.
const PIECE: usize = 8192;

impl Store {
    /// Reads entries up to the first that cannot be read.
    pub(super) fn read_entries(
        &self,
        head: &CommitId,
        known: Option<&CommitId>,
        take: &mut dyn FnMut(RawEntry),
    ) -> Result<(), RepoError> {
        let mut absent = Vec::new();
        let mut take = |entry: RawEntry| {
            absent.extend(matches!(entry.json, Err(Unreadable::Absent)).then(|| entry.commit.clone()));
            take(entry);
        };
        std::thread::scope(|scope| {
            let mut ahead = Ahead::new(self, scope);
            let mut piece = Vec::new();
            self.walk(head, known, &mut |walked| {
                if piece.len() == PIECE {
                    ahead.read(std::mem::take(&mut piece))?;
                }
                piece.push(walked);
                Ok(())
            })?;
            piece.reverse();
            // The oldest piece, which is whole only now, is read while the others still may be.
            self.read_in_order(&piece, &mut take)?;
            ahead.take(&mut take)
        })?;
        if absent.is_empty() {
            return Ok(());
        }
        // Either the commit has no entry, or the store has lost it.
        let ids = id_lines(&absent);
        let whole = ["rev-list", "--objects", "--no-walk", "--quiet", "--stdin"];
        self.git().ok(&whole, ids.as_bytes()).map(drop).map_err(broken)
    }

    /// Walks a chain from its head back, by first parents alone: what hangs behind a merge is not on it.
    fn walk(
        &self,
        head: &CommitId,
        known: Option<&CommitId>,
        see: &mut dyn FnMut(Walked) -> std::io::Result<()>,
    ) -> Result<(), RepoError> {
        let mut args = vec!["rev-list", "--first-parent", "--header", "--parents", head.as_str()];
        let not = known.map(|known| format!("^{known}"));
        args.extend(not.as_deref());
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            let mut record = Vec::new();
            while out.read_until(0, &mut record)? > 0 {
                see(walked(&record).ok_or(std::io::ErrorKind::InvalidData)?)?;
                record.clear();
            }
            Ok(())
        };
        done("rev-list", self.git().stream(&args, b"", FETCH_LIMIT, &mut each).map_err(broken)?)
    }

    /// Reads entries by their names, with one process.
    fn read_in_order(&self, list: &[Walked], take: &mut dyn FnMut(RawEntry)) -> Result<(), RepoError> {
        let mut ask = String::new();
        for Walked { commit, tree, signed, .. } in list {
            if *signed {
                ask.push_str(&format!("{commit}\n"));
            }
            ask.push_str(&format!("{tree}\n{commit}:{FILE}\n"));
        }
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            for walked in list {
                let signed = if walked.signed { read_signed(out)? } else { None };
                let tree = read_tree(out, TREE_LIMIT)?;
                let is_file = tree.is_none_or(|raw| file_in(&raw, &walked.tree).is_some());
                let json = read_object(out, ENTRY_LIMIT)?;
                let json = if is_file { json } else { Err(Unreadable::Absent) };
                let (commit, parents) = (walked.commit.clone(), walked.parents.clone());
                take(RawEntry { commit, parents, json, signed });
            }
            Ok(())
        };
        if list.is_empty() {
            return Ok(());
        }
        // Without --buffer git writes each answer by itself: three system calls an entry.
        let args = ["cat-file", "--batch", "--buffer"];
        done("cat-file", self.git().stream(&args, ask.as_bytes(), FETCH_LIMIT, &mut each).map_err(broken)?)
    }
}

/// Reads a record of `rev-list --header --parents`: a line with the commit and its parents, and the commit itself, its
/// message indented. A commit without a tree has no file either.
fn walked(record: &[u8]) -> Option<Walked> {
    let mut lines = record.split(|&b| b == b'\n').take_while(|line| !line.is_empty());
    let mut ids = std::str::from_utf8(lines.next()?).ok()?.split(' ').map(CommitId::parse);
    let commit = ids.next()?.ok()?;
    let parents = ids.collect::<Result<Vec<_>, _>>().ok()?;
    let tree = lines.next().and_then(|line| std::str::from_utf8(line.strip_prefix(b"tree ")?).ok());
    let tree = tree.and_then(|tree| CommitId::parse(tree).ok()).unwrap_or_else(|| commit.clone());
    Some(Walked { commit, parents, tree, signed: lines.any(|line| line.starts_with(b"gpgsig")) })
}

#[cfg(test)]
mod tests;
