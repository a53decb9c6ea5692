//! What changed between two releases, in the sections of Keep a Changelog 1.1.0.
//!
//! Each message is read for itself: by its Conventional Commit type where it has one, else by its first
//! words. So a history without a convention, or with it only now and then, has a changelog as well. A
//! pull or merge request is one change with the title that people gave it, unless its own commits say more
//! precisely what they are. What was reverted within the range is left out.

mod file;
mod kind;
mod markdown;
mod read;

#[cfg(test)]
mod tests;

pub use file::{insert, union};
pub use kind::{Kind, MADE_AT_THE_CUT};

use crate::history::graph::Graph;
use crate::types::object_id::CommitId;
use crate::types::text::name_of;
use crate::types::version::Version;
use jiff::civil::Date;
use read::Reading;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Changelog {
    /// The version that has it; `None` where it is not released and no candidate.
    pub version: Option<Version>,
    /// The day of the cut, UTC; of a release that allclear did not cut, the day of its tag.
    pub date: Option<Date>,
    /// The release that it is compared with; `None` where there is none.
    pub since: Option<Version>,
    /// The sections that have entries, those with breaking changes first.
    pub sections: Vec<Section>,
    /// Everybody who wrote a commit of it, each once, by name.
    pub authors: Vec<String>,
    /// How many commits there are that are not merges.
    pub commits: usize,
    /// How many of them change nothing for users.
    pub left_out: usize,
}

/// The changes of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Section {
    /// Their kind.
    pub kind: Kind,
    /// The changes, breaking ones first, then newest first.
    pub entries: Vec<Entry>,
}

/// One change. Its texts are safe to show; they are not escaped for Markdown yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Entry {
    /// What changed.
    pub text: String,
    /// The part of the project that it is about.
    pub scope: Option<String>,
    /// Whether users must change something.
    pub breaking: bool,
    /// What breaks, where the message says more than its subject.
    pub note: Option<String>,
    /// Its pull or merge request, `#12` or `!12`.
    pub request: Option<String>,
    /// Its commits, newest first.
    pub commits: Vec<CommitId>,
    /// Their authors, by name.
    pub authors: BTreeSet<String>,
}

/// How a heading is written, so that it looks like the others of a file.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Style {
    /// As a reference, `[2.9.0]`.
    pub brackets: bool,
    /// With a `v` before the version.
    pub v: bool,
}

impl Changelog {
    /// Gives all changes.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.sections.iter().flat_map(|section| &section.entries)
    }
}

/// Composes the changelog of a range: all commits of `graph`, which `tip` leads to. Version, date and the
/// release before are for the caller to add.
pub fn compose(graph: &Graph, tip: &CommitId) -> Changelog {
    let range = Range::of(graph, tip);
    let undone = range.undone();
    let owned = range.owned();
    let mut entries: Vec<(Kind, Entry)> = Vec::new();
    let mut known: HashMap<(Kind, Option<String>, String), usize> = HashMap::new();
    let mut authors = BTreeSet::new();
    let (mut commits, mut left_out) = (0, 0);
    // A request stands for its commits; each commit of no request stands for itself.
    let mut spoken_for: BTreeSet<usize> = BTreeSet::new();
    for at in 0..range.commits.len() {
        let commit = &range.commits[at];
        let of_request = owned.get(&at).map_or(&[][..], Vec::as_slice);
        let live: Vec<usize> = of_request.iter().copied().filter(|n| range.counts(*n, &undone)).collect();
        if let Some((title, request)) = &commit.title {
            if live.is_empty() || undone.contains(&at) {
                continue;
            }
            let title = Reading { request: request.clone(), ..read::read(title) };
            let parts: Vec<Reading> = live.iter().map(|n| read::read(commit_text(&range, *n))).collect();
            if says_more_than(&title, &parts) {
                let swallowed = live.iter().zip(&parts).filter(|(_, part)| title.breaking || !part.breaking);
                let swallowed: Vec<usize> = swallowed.map(|(n, _)| *n).collect();
                let ids = [at].iter().chain(&swallowed).map(|n| range.id(*n).clone()).collect();
                let names = swallowed.iter().map(|n| range.author(*n)).collect();
                spoken_for.extend(&swallowed);
                if let Some(kind) = title.kind {
                    add(&mut entries, &mut known, kind, entry(title, ids, names));
                } else {
                    left_out += swallowed.len();
                }
            }
        }
        if !range.counts(at, &undone) {
            continue;
        }
        commits += 1;
        authors.insert(range.author(at));
        if spoken_for.contains(&at) {
            continue;
        }
        let mut said = read::read(commit.message);
        if said.request.is_none() {
            said.request = commit.owner.and_then(|owner| range.commits[owner].title.as_ref()?.1.clone());
        }
        match said.kind {
            Some(kind) => {
                let names = [range.author(at)].into();
                add(&mut entries, &mut known, kind, entry(said, vec![range.id(at).clone()], names));
            }
            None => left_out += 1,
        }
    }
    let authors = authors.into_iter().collect();
    Changelog { sections: sections(entries), authors, commits, left_out, ..Changelog::default() }
}

fn commit_text<'a>(range: &Range<'a>, at: usize) -> &'a str {
    range.commits[at].message
}

/// Tells whether the title of a request says more than its commits do.
fn says_more_than(title: &Reading, parts: &[Reading]) -> bool {
    let typed = parts.iter().filter(|part| part.typed).count();
    let precise = typed * 2 >= parts.len() && parts.iter().any(|part| part.typed && part.kind.is_some());
    if title.typed { title.kind.is_some() || !precise } else { !precise }
}

fn entry(said: Reading, commits: Vec<CommitId>, authors: BTreeSet<String>) -> Entry {
    let Reading { scope, text, breaking, note, request, .. } = said;
    Entry { text, scope, breaking, note, request, commits, authors }
}

/// Adds a change; one that is there already, picked to another branch, only gains a commit.
fn add(
    entries: &mut Vec<(Kind, Entry)>,
    known: &mut HashMap<(Kind, Option<String>, String), usize>,
    kind: Kind,
    entry: Entry,
) {
    let key = (kind, entry.scope.clone(), entry.text.clone());
    match known.get(&key).and_then(|at| entries.get_mut(*at)) {
        Some((_, same)) => {
            same.breaking |= entry.breaking;
            same.note = same.note.take().or(entry.note);
            same.request = same.request.take().or(entry.request);
            same.commits.extend(entry.commits);
            same.authors.extend(entry.authors);
        }
        None => {
            known.insert(key, entries.len());
            entries.push((kind, entry));
        }
    }
}

fn sections(entries: Vec<(Kind, Entry)>) -> Vec<Section> {
    let mut by_kind: BTreeMap<Kind, Vec<Entry>> = BTreeMap::new();
    for (kind, entry) in entries {
        by_kind.entry(kind).or_default().push(entry);
    }
    let mut sections: Vec<Section> =
        by_kind.into_iter().map(|(kind, entries)| Section { kind, entries }).collect();
    for section in &mut sections {
        section.entries.sort_by_key(|entry| !entry.breaking);
    }
    sections.sort_by_key(|section| (!section.entries.iter().any(|entry| entry.breaking), section.kind));
    sections
}

/// The commits of a range, newest first, and which request brought which.
struct Range<'a> {
    ids: Vec<&'a CommitId>,
    commits: Vec<Commit<'a>>,
    places: HashMap<&'a CommitId, usize>,
}

struct Commit<'a> {
    message: &'a str,
    author: &'a str,
    merge: bool,
    /// As a merge of a request: the message that it stands for, and the request.
    title: Option<(String, Option<String>)>,
    /// The outermost merge of a request that brought it.
    owner: Option<usize>,
}

enum Walk {
    /// Along the first parents, from here on.
    Line(usize),
    /// What the request merged here brings.
    Request(usize),
}

impl<'a> Range<'a> {
    fn of(graph: &'a Graph, tip: &CommitId) -> Self {
        let ids: Vec<&CommitId> = graph.order.iter().filter(|id| graph.commits.contains_key(*id)).collect();
        let places: HashMap<&CommitId, usize> = ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
        let commits = ids.iter().map(|id| {
            let info = &graph.commits[*id];
            let merge = info.parents.len() > 1;
            let title = merge.then(|| read::request_of_merge(&info.message)).flatten();
            Commit { message: &info.message, author: &info.author, merge, title, owner: None }
        });
        let mut range = Self { commits: commits.collect(), ids, places };
        range.find_owners(graph, tip);
        range
    }

    /// Follows the first parents from the tip; what else a merge brings is its request's where it is a
    /// request, and a line like the first one where it is not. Older merges take what they bring first.
    fn find_owners(&mut self, graph: &Graph, tip: &CommitId) {
        let parents = |at: usize| -> Vec<usize> {
            let parents = graph.commits[self.ids[at]].parents.iter();
            parents.filter_map(|id| self.places.get(id).copied()).collect()
        };
        let first = |at: usize| {
            graph.commits[self.ids[at]].parents.first().and_then(|id| self.places.get(id).copied())
        };
        let mut seen = vec![false; self.ids.len()];
        let mut owners: Vec<Option<usize>> = vec![None; self.ids.len()];
        let mut ways: Vec<Walk> = self.places.get(tip).map(|at| Walk::Line(*at)).into_iter().collect();
        while let Some(way) = ways.pop() {
            match way {
                Walk::Line(from) => {
                    // Pushed newest first, so that the oldest is on top.
                    let mut next = Some(from).filter(|at| !seen[*at]);
                    while let Some(at) = next {
                        seen[at] = true;
                        if self.commits[at].title.is_some() {
                            ways.push(Walk::Request(at));
                        } else {
                            let main = first(at);
                            ways.extend(parents(at).into_iter().filter(|p| Some(*p) != main).map(Walk::Line));
                        }
                        next = first(at).filter(|at| !seen[*at]);
                    }
                }
                Walk::Request(merge) => {
                    let mut stack = parents(merge);
                    while let Some(at) = stack.pop() {
                        if !seen[at] {
                            seen[at] = true;
                            owners[at] = Some(merge);
                            stack.extend(parents(at));
                        }
                    }
                }
            }
        }
        for (commit, owner) in self.commits.iter_mut().zip(owners) {
            commit.owner = owner;
        }
    }

    fn id(&self, at: usize) -> &'a CommitId {
        self.ids[at]
    }

    fn author(&self, at: usize) -> String {
        name_of(self.commits[at].author)
    }

    /// Tells whether a commit is a change of somebody's that stood to the end.
    fn counts(&self, at: usize, undone: &BTreeSet<usize>) -> bool {
        let commit = &self.commits[at];
        !commit.merge && !undone.contains(&at) && !read::is_of_a_cut(commit.message)
    }

    fn owned(&self) -> BTreeMap<usize, Vec<usize>> {
        let mut owned: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, commit) in self.commits.iter().enumerate() {
            if let Some(owner) = commit.owner {
                owned.entry(owner).or_default().push(at);
            }
        }
        owned
    }

    /// Finds what was taken back within the range, and what took it back. Newest first: a revert that was
    /// itself taken back takes nothing back.
    fn undone(&self) -> BTreeSet<usize> {
        let owned = self.owned();
        let mut by_subject: HashMap<&str, Vec<usize>> = HashMap::new();
        let mut undone: BTreeSet<usize> = BTreeSet::new();
        for (at, commit) in self.commits.iter().enumerate() {
            let title = commit.title.as_ref().map_or(commit.message, |(title, _)| title);
            by_subject.entry(read::subject(title)).or_default().push(at);
        }
        for (at, commit) in self.commits.iter().enumerate() {
            if undone.contains(&at) || commit.title.is_some() {
                continue;
            }
            let named = read::reverted(commit.message);
            let targets: Option<Vec<usize>> = if named.is_empty() {
                let older = read::reverted_title(commit.message).and_then(|title| by_subject.get(title));
                let older = older.and_then(|all| all.iter().find(|n| **n > at && !undone.contains(n)));
                older.map(|n| vec![*n])
            } else {
                named.iter().map(|id| self.places.get(id).copied().filter(|n| *n > at)).collect()
            };
            // A merge of no request may have brought anything, so its revert stays a change.
            let plain = |n: &usize| !self.commits[*n].merge || self.commits[*n].title.is_some();
            if let Some(targets) = targets.filter(|t| t.iter().all(|n| plain(n) && !undone.contains(n))) {
                for n in targets.into_iter().chain([at]) {
                    undone.insert(n);
                    undone.extend(owned.get(&n).into_iter().flatten());
                }
            }
        }
        undone
    }
}
