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
            let args = words("diff-tree --stdin -r -z --root -m --first-parent --no-renames --name-only");
            let out = self.git().ok(&args, input.as_bytes()).map_err(broken)?;
            let mut paths: BTreeMap<CommitId, Vec<String>> =
                commits.iter().map(|id| (id.clone(), Vec::new())).collect();
            let mut current = None;
            for field in out.split(|&b| b == 0) {
                let field = String::from_utf8_lossy(field);
                let field = field.trim_start_matches('\n');
                // The paths of a commit follow its own id.
                match CommitId::parse(field.trim()) {
                    Ok(id) if paths.contains_key(&id) => current = Some(id),
                    Ok(_) | Err(_) if !field.is_empty() => {
                        if let Some(list) = current.as_ref().and_then(|id| paths.get_mut(id)) {
                            list.push(field.to_owned());
                        }
                    }
                    Ok(_) | Err(_) => {}
                }
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

/// Computes patch ids. Without prefixes: -R would swap them, so that equal changes would differ.
pub(crate) fn patch_ids(
    git: &Git,
    commits: &[CommitId],
    options: &[&str],
) -> Result<BTreeMap<CommitId, String>, Failure> {
    let mut args = words("diff-tree --stdin -p --no-color --no-ext-diff --no-textconv --no-renames");
    args.extend(["--full-index", "--no-prefix"]);
    args.extend(options);
    let patches = git.ok(&args, id_lines(commits).as_bytes())?;
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
