//! Reads commits: the graph of some tips, and ranges of it.

use super::error::{broken, done, missing};
use super::{FETCH_LIMIT, LIST_LIMIT, Store};
use crate::parse::{self, id_lines};
use crate::process::{Failure, Git, words};
use allclear_core::CommitId;
use allclear_core::history::graph::Graph;
use allclear_core::history::lineage::Lineage;
use allclear_core::ledger::entry::RawEntry;
use allclear_core::port::{CommitGraph, Memory, RepoError};
use std::collections::{BTreeMap, BTreeSet};

/// What of a commit [`parse::graph`] reads.
const FORMAT: &str = "--format=tformat:%H%x00%P%x00%an <%ae>%x00%B";

impl CommitGraph for Store {
    fn is_ancestor(&self, commit: &CommitId, head: &CommitId) -> Result<bool, RepoError> {
        self.healing(&|| {
            let args = ["merge-base", "--is-ancestor", commit.as_str(), head.as_str()];
            let output = self.git().run(&args, b"", LIST_LIMIT).map_err(broken)?;
            match output.code {
                Some(0) => Ok(true),
                Some(1) if output.said.is_empty() => Ok(false),
                // Before 2.44 git answers so as well where it cannot read a commit in between.
                Some(1) => self.check_whole([commit, head]).map(|()| false),
                Some(_) | None if !self.present(std::slice::from_ref(commit))?.contains(commit) => Ok(false),
                Some(_) | None => Err(missing(&format!("what {} descends from", head.short()))),
            }
        })
    }

    fn graph(&self, tips: &[CommitId]) -> Result<Graph, RepoError> {
        self.healing(&|| {
            let wanted: BTreeSet<CommitId> = tips.iter().cloned().collect();
            let tips: Vec<CommitId> = wanted.iter().cloned().collect();
            let present = self.present(&tips)?;
            let tips: Vec<&str> = present.iter().map(CommitId::as_str).collect();
            if tips.is_empty() {
                return Ok(Graph { absent: wanted, ..Graph::default() });
            }
            let mut args = vec!["merge-base", "--octopus", "--all"];
            args.extend(&tips);
            // Without a common ancestor everything is read.
            let common = self.git().run(&args, b"", LIST_LIMIT).map_err(broken)?;
            let mut input = id_lines(&present);
            input.extend(String::from_utf8_lossy(&common.stdout).lines().map(|id| format!("^{id}\n")));
            let graph = read_graph(self.git(), &input).map_err(broken)?;
            let absent = wanted.difference(&present).cloned().collect();
            let common = present.into_iter().filter(|tip| !graph.commits.contains_key(tip)).collect();
            Ok(Graph { absent, common, ..graph })
        })
    }

    fn since(&self, tip: &CommitId, without: &[CommitId]) -> Result<Graph, RepoError> {
        self.healing(&|| {
            let tips: Vec<CommitId> = [tip].into_iter().chain(without).cloned().collect();
            let present = self.present(&tips)?;
            if !present.contains(tip) {
                return Err(RepoError::NotFound(format!("the commit {tip} is not in the store")));
            }
            let hidden = without.iter().filter(|id| present.contains(*id));
            since(self.git(), tip, hidden).map_err(broken)
        })
    }

    fn lineage(&self, commit: &CommitId, tips: &[CommitId]) -> Result<Lineage, RepoError> {
        self.healing(&|| lineage(self.git(), commit, &self.present(tips)?))
    }

    fn begins_with(&self, prefix: &str) -> Result<Vec<CommitId>, RepoError> {
        self.healing(&|| self.commits_by_prefix(prefix))
    }

    fn paths(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, Vec<String>>, RepoError> {
        self.healing(&|| {
            let input = id_lines(commits);
            self.check_present(commits)?;
            let args = words("diff-tree --stdin -r -z --root -m --first-parent --no-renames --raw");
            let out = self.git().ok(&args, input.as_bytes()).map_err(broken)?;
            let mut paths = parse::paths(&out);
            // Git is silent about a commit that changes nothing.
            for id in commits {
                paths.entry(id.clone()).or_default();
            }
            Ok(paths)
        })
    }

    fn patch_ids(
        &self,
        commits: &[CommitId],
        reverse: bool,
    ) -> Result<BTreeMap<CommitId, String>, RepoError> {
        let options: &[&str] = if reverse { &["-R"] } else { &[] };
        self.healing(&|| {
            self.check_present(commits)?;
            patch_ids(self.git(), commits, options).map_err(broken)
        })
    }

    fn entries(
        &self,
        head: &CommitId,
        known: Option<&CommitId>,
        take: &mut dyn FnMut(RawEntry),
    ) -> Result<(), RepoError> {
        // What was taken cannot be taken back, so the caller starts over.
        self.read_entries(head, known, take).map_err(|error| self.remade(error))
    }
}

impl Store {
    /// Reads the messages of the newest `limit` commits, without merges.
    pub fn messages(&self, tip: &CommitId, limit: usize) -> Result<Vec<String>, RepoError> {
        self.healing(&|| {
            let limit = format!("--max-count={limit}");
            let mut args = words("log -z --no-merges --no-show-signature --format=tformat:%B");
            args.extend([limit.as_str(), tip.as_str()]);
            let out = self.git().ok(&args, b"").map_err(broken)?;
            Ok(out
                .split(|&b| b == 0)
                .filter(|m| !m.is_empty())
                .map(|m| String::from_utf8_lossy(m).into_owned())
                .collect())
        })
    }

    /// Writes the commit-graph, from which git reads a long history ten times as fast.
    pub fn index(&self) {
        let fetched = self.recall("fetched");
        if fetched != self.recall("indexed") && write_links(self.git()).is_ok() {
            self.remember("indexed", &fetched.unwrap_or_default());
        }
    }

    /// Finds which of some ids are commits of the store.
    fn present(&self, ids: &[CommitId]) -> Result<BTreeSet<CommitId>, RepoError> {
        let found = self.infos(ids.iter().map(CommitId::as_str))?;
        if found.contains(&None) {
            self.check_history()?;
        }
        Ok(commits(found))
    }

    /// Makes sure that all of some commits are there: `diff-tree` leaves out what it cannot read.
    fn check_present(&self, ids: &[CommitId]) -> Result<(), RepoError> {
        let found = self.infos(ids.iter().map(CommitId::as_str))?;
        match ids.iter().zip(found).find(|(_, found)| found.is_none()) {
            Some((lost, _)) => Err(missing(&format!("the commit {}", lost.short()))),
            None => Ok(()),
        }
    }

    fn commits_by_prefix(&self, prefix: &str) -> Result<Vec<CommitId>, RepoError> {
        let hex = prefix.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
        if !hex || !(4..=64).contains(&prefix.len()) {
            return Ok(Vec::new());
        }
        let found = if CommitId::parse(prefix).is_ok() {
            prefix.to_owned()
        } else {
            self.git().line(&["rev-parse", &format!("--disambiguate={prefix}")], b"").map_err(broken)?
        };
        let names: Vec<String> = found.lines().map(|id| format!("{id}^{{commit}}")).collect();
        let found: Vec<CommitId> =
            commits(self.infos(names.iter().map(String::as_str))?).into_iter().collect();
        if found.is_empty() {
            self.check_history()?;
        }
        Ok(found)
    }
}

/// Computes patch ids. Without prefixes: -R would swap them, so that equal changes would differ. Without messages:
/// they could have the header of another commit in them.
pub(crate) fn patch_ids(
    git: &Git,
    commits: &[CommitId],
    options: &[&str],
) -> Result<BTreeMap<CommitId, String>, Failure> {
    let mut args = words("diff-tree --stdin -p --no-color --no-ext-diff --no-textconv --no-renames");
    args.extend(["--full-index", "--no-prefix"]);
    args.extend(options);
    let patches = git.ok(&args, id_lines(commits).as_bytes())?;
    let patches = parse::without_nul(patches);
    git.ok(&["patch-id", "--verbatim"], &patches).map(|out| parse::patch_ids(&out))
}

/// Reads the commits that `tip` has and `without` do not. All must be in the store.
fn since<'a>(
    git: &Git,
    tip: &CommitId,
    without: impl Iterator<Item = &'a CommitId>,
) -> Result<Graph, Failure> {
    let hidden: String = without.map(|id| format!("^{id}\n")).collect();
    read_graph(git, &format!("{tip}\n{hidden}"))
}

fn read_graph(git: &Git, revisions: &str) -> Result<Graph, Failure> {
    let mut args =
        words("log --stdin -z --topo-order --no-show-signature --no-decorate --no-notes --no-color");
    args.extend(["--no-mailmap", FORMAT]);
    git.ok(&args, revisions.as_bytes()).map(|out| parse::graph(&out))
}

fn commits(found: Vec<Option<(CommitId, String)>>) -> BTreeSet<CommitId> {
    found.into_iter().flatten().filter(|(_, kind)| kind == "commit").map(|(id, _)| id).collect()
}

/// Reads the commits of `tips` down to the parents of `commit`, parents before children.
fn lineage(git: &Git, commit: &CommitId, tips: &BTreeSet<CommitId>) -> Result<Lineage, RepoError> {
    let mut input = id_lines(tips);
    input.push_str(&format!("^{commit}^@\n"));
    let mut lineage = Lineage::default();
    let mut each = |out: &mut dyn std::io::BufRead| -> std::io::Result<()> {
        let mut line = String::new();
        while out.read_line(&mut line)? > 0 {
            let mut ids = line.split_ascii_whitespace().filter_map(|id| CommitId::parse(id).ok());
            if let Some(id) = ids.next() {
                lineage.add(id, &ids.collect::<Vec<_>>());
            }
            line.clear();
        }
        Ok(())
    };
    let args = ["rev-list", "--stdin", "--date-order", "--reverse", "--parents"];
    done("rev-list", git.stream(&args, input.as_bytes(), FETCH_LIMIT, &mut each).map_err(broken)?)?;
    Ok(lineage)
}

/// Writes down the links of all that was fetched, as far as it is not yet. Git reads them ten times as fast as
/// commits.
fn write_links(git: &Git) -> Result<(), RepoError> {
    let args = ["commit-graph", "write", "--reachable", "--split", "--no-progress"];
    git.ok(&args, b"").map(drop).map_err(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::of_an_empty_server;
    use allclear_core::port::Merge;

    /// Makes commits on one branch from streams of `fast-import`, each with its message and what it changes.
    fn commits(store: &Store, all: &[(&str, &[u8])]) -> Vec<CommitId> {
        let mut made = Vec::new();
        for (message, changes) in all {
            let from = made.last().map(|id| format!("from {id}\n")).unwrap_or_default();
            let header = format!(
                "commit refs/heads/made\ncommitter A <a@b> 1 +0000\ndata {}\n{message}\n{from}",
                message.len()
            );
            let stream = [header.as_bytes(), changes].concat();
            store.git().ok(&["fast-import", "--quiet", "--force"], &stream).unwrap();
            let tip = store.git().line(&["rev-parse", "refs/heads/made"], b"").unwrap();
            made.push(CommitId::parse(&tip).unwrap());
        }
        made
    }

    fn file(name: &str, content: &[u8]) -> Vec<u8> {
        let name = name.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let header = format!("M 100644 inline \"{name}\"\ndata {}\n", content.len());
        [header.as_bytes(), content, b"\n"].concat()
    }

    #[test]
    fn a_path_is_a_path_whatever_it_looks_like() {
        let dir = tempfile::tempdir().unwrap();
        let store = of_an_empty_server(dir.path());
        let first = commits(&store, &[("one", &file("one", b"1\n"))]);
        let id = first[0].to_string();
        let hex = "1".repeat(40);
        let names =
            [&id, &hex, "\nafter a line", ":000000 100644", " space ", "tab\there", "\"quoted\"", "zz"];
        let changes: Vec<u8> = names.iter().flat_map(|name| file(name, b"2\n")).collect();
        let made = commits(&store, &[("one", &file("one", b"1\n")), (&format!("commit {id}"), &changes)]);
        assert_eq!(made[0], first[0]);
        let paths = store.paths(&made).unwrap();
        assert_eq!(paths[&made[0]], ["one"]);
        let expected: BTreeSet<String> = names.iter().map(|&name| name.to_owned()).collect();
        assert_eq!(paths[&made[1]].iter().cloned().collect::<BTreeSet<_>>(), expected);
        let differing = store.differing(&made[0], &made[1]).unwrap();
        assert_eq!(differing.into_iter().collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn a_history_is_read_whatever_its_messages_say() {
        let dir = tempfile::tempdir().unwrap();
        let store = of_an_empty_server(dir.path());
        let id = "1".repeat(40);
        let messages = [
            format!("commit {id}\n\ntree {id}\nparent {id}\n\tauthor: \"x\" <y>"),
            format!("fix: a\n\ndiff --git a/a b/a\n--- a/a\n+++ b/a\n@@ -1 +1 @@\n-a\n+b\n{id}"),
            "\tfix: \"quoted\" \u{2028} text".to_owned(),
        ];
        let all: Vec<(&str, Vec<u8>)> =
            messages.iter().zip(0u8..).map(|(m, n)| (m.as_str(), file("a", &[b'a' + n, b'\n']))).collect();
        let all: Vec<(&str, &[u8])> = all.iter().map(|(m, changes)| (*m, &changes[..])).collect();
        let made = commits(&store, &all);
        let graph = store.since(&made[2], &[]).unwrap();
        assert_eq!(graph.order, made.iter().rev().cloned().collect::<Vec<_>>());
        let read: Vec<&str> = made.iter().map(|id| graph.commits[id].message.trim_end()).collect();
        assert_eq!(read, [messages[0].as_str(), &messages[1], &messages[2]]);
        let patches = store.patch_ids(&made, false).unwrap();
        assert_eq!(patches.into_keys().collect::<BTreeSet<_>>(), made[1..].iter().cloned().collect());
        let messages: Vec<String> = messages.iter().rev().cloned().collect();
        let read = store.messages(&made[2], 9).unwrap();
        assert_eq!(read.iter().map(|m| m.trim_end()).collect::<Vec<_>>(), messages);
    }

    #[test]
    fn a_patch_counts_to_its_end() {
        let dir = tempfile::tempdir().unwrap();
        let store = of_an_empty_server(dir.path());
        // Git takes a file for text whose first 8000 bytes have no NUL.
        let long = "a line of text\n".repeat(600).into_bytes();
        let commit = format!("commit {}\ndiff --git a b\n", "1".repeat(40));
        let ends: [&[u8]; 6] =
            [b"a\0good\n", b"a\0evil\n", b"a\xff\x01evil\n", b"a\xffevil\n", commit.as_bytes(), b"a\0good\n"];
        let with = |end: &[u8]| file("long", &[&long[..], end].concat());
        let changes: Vec<Vec<u8>> = ends.iter().flat_map(|end| [with(b""), with(end)]).collect();
        let all: Vec<(&str, &[u8])> = changes.iter().map(|changes| ("change", &changes[..])).collect();
        let made = commits(&store, &all);
        let added: Vec<CommitId> = made.iter().skip(1).step_by(2).cloned().collect();
        let ids = store.patch_ids(&added, false).unwrap();
        let ids: Vec<&String> = added.iter().map(|commit| &ids[commit]).collect();
        assert_eq!(ids[0], ids[5]);
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), 5);
        let removed: Vec<CommitId> = made.iter().skip(2).step_by(2).cloned().collect();
        let back = store.patch_ids(&removed, true).unwrap();
        assert_eq!(removed.iter().map(|commit| &back[commit]).collect::<Vec<_>>(), ids[..5]);
    }
}
