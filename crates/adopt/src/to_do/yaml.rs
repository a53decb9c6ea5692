//! YAML with places: a tree whose nodes know where they stand, so that a file is patched and never written
//! anew. An alias stays a reference, so that a few lines cannot grow into millions of nodes.

use allclear_core::types::text::short;
use saphyr_parser::{Event, Parser, ScalarStyle};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The largest file that is read, in bytes; no CI takes one as large.
pub(super) const LIMIT: usize = 512 * 1024;
/// How far merge keys (`<<`) are followed.
const MERGES: usize = 8;
/// How many steps are taken through one file: aliases make a small file as long as its author likes.
const STEPS: usize = 1_000_000;
/// The steps that the judging of one text costs.
const TEXT_STEPS: usize = 100;

/// A node, by its place in the tree.
pub(super) type Id = usize;

/// The last document of a file.
#[derive(Debug)]
pub(super) struct Yaml<'a> {
    source: &'a str,
    nodes: Vec<Node>,
    root: Option<Id>,
    steps: Cell<usize>,
}

#[derive(Debug)]
struct Node {
    what: What,
    start: usize,
    line: usize,
}

#[derive(Debug)]
enum What {
    Text { text: String, plain: bool },
    List(Vec<Id>),
    Map(Vec<(Id, Id)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) at: Range<usize>,
    pub(super) text: String,
}

impl<'a> Yaml<'a> {
    /// Reads a file, or says in half a sentence why it cannot be read.
    pub(super) fn parse(source: &'a str) -> Result<Self, String> {
        if source.len() > LIMIT {
            return Err(format!("it is larger than {} KiB", LIMIT / 1024));
        }
        let bytes: Vec<usize> = source.char_indices().map(|(at, _)| at).chain([source.len()]).collect();
        let mut yaml = Self { source, nodes: Vec::new(), root: None, steps: Cell::new(0) };
        let mut open: Vec<(Id, Option<Id>)> = Vec::new();
        let mut anchors: BTreeMap<usize, Id> = BTreeMap::new();
        for item in Parser::new_from_str(source) {
            let (event, span) =
                item.map_err(|e| format!("line {}: {}", e.marker().line(), short(e.info(), 120)))?;
            let start = bytes.get(span.start.index()).copied().unwrap_or(source.len());
            let mut add = |what, anchor: usize| {
                yaml.nodes.push(Node { what, start, line: span.start.line() });
                let id = yaml.nodes.len() - 1;
                anchors.insert(anchor, id);
                id
            };
            let whole = match event {
                Event::Scalar(text, style, anchor, _) => {
                    let plain = style == ScalarStyle::Plain;
                    add(What::Text { text: text.into_owned(), plain }, anchor)
                }
                Event::SequenceStart(anchor, _) => {
                    open.push((add(What::List(Vec::new()), anchor), None));
                    continue;
                }
                Event::MappingStart(anchor, _) => {
                    open.push((add(What::Map(Vec::new()), anchor), None));
                    continue;
                }
                Event::SequenceEnd | Event::MappingEnd => {
                    let Some((id, _)) = open.pop() else { continue };
                    yaml.no_key_twice(id)?;
                    id
                }
                Event::Alias(anchor) => match anchors.get(&anchor) {
                    Some(id) => *id,
                    None => return Err(format!("line {}: an alias without an anchor", span.start.line())),
                },
                Event::Nothing
                | Event::StreamStart
                | Event::StreamEnd
                | Event::DocumentStart(_)
                | Event::DocumentEnd => continue,
            };
            let Some((parent, key)) = open.last_mut() else {
                yaml.root = Some(whole);
                continue;
            };
            match &mut yaml.nodes[*parent].what {
                What::List(items) => items.push(whole),
                What::Map(pairs) => match key.take() {
                    Some(key) => pairs.push((key, whole)),
                    None => *key = Some(whole),
                },
                What::Text { .. } => {}
            }
        }
        Ok(yaml)
    }

    fn no_key_twice(&self, map: Id) -> Result<(), String> {
        let mut seen = BTreeSet::new();
        for (key, _) in self.pairs(map) {
            if let Some(text) = self.text(key).filter(|k| *k != "<<")
                && !seen.insert(text)
            {
                return Err(format!("line {}: `{}` is there twice", self.line(key), short(text, 40)));
            }
        }
        Ok(())
    }

    /// Tells whether the file is so tangled that not all of it was looked at.
    pub(super) fn is_tangled(&self) -> bool {
        self.steps.get() > STEPS
    }

    fn step(&self, n: usize) -> bool {
        self.steps.set(self.steps.get().saturating_add(n));
        !self.is_tangled()
    }

    pub(super) fn root(&self) -> Option<Id> {
        self.root
    }

    /// Gives the line of a node, counted from 1.
    pub(super) fn line(&self, id: Id) -> usize {
        self.nodes[id].line
    }

    pub(super) fn text(&self, id: Id) -> Option<&str> {
        match &self.nodes[id].what {
            What::Text { text, .. } => Some(text),
            What::List(_) | What::Map(_) => None,
        }
    }

    /// Gives the keys and values of a mapping; none where it is something else.
    pub(super) fn pairs(&self, id: Id) -> impl Iterator<Item = (Id, Id)> + '_ {
        let pairs: &[(Id, Id)] = match &self.nodes[id].what {
            What::Map(pairs) => pairs,
            What::Text { .. } | What::List(_) => &[],
        };
        pairs.iter().copied()
    }

    /// Gives the items of a list; a scalar is a list of one, and nothing (`null`) of none.
    pub(super) fn items(&self, id: Id) -> Vec<Id> {
        match &self.nodes[id].what {
            What::List(items) if self.step(items.len()) => items.clone(),
            What::Text { text, plain } if *plain && matches!(text.as_str(), "" | "~" | "null") => Vec::new(),
            What::Text { .. } => vec![id],
            What::List(_) | What::Map(_) => Vec::new(),
        }
    }

    pub(super) fn texts(&self, id: Id) -> Vec<&str> {
        let items = self.items(id).into_iter().take_while(|_| self.step(TEXT_STEPS));
        items.filter_map(|item| self.text(item)).collect()
    }

    /// Gives a value of a mapping, its own or a merged one.
    pub(super) fn get(&self, map: Id, key: &str) -> Option<Id> {
        self.get_within(map, key, MERGES)
    }

    fn get_within(&self, map: Id, key: &str, merges: usize) -> Option<Id> {
        if !self.step(1 + self.pairs(map).count()) {
            return None;
        }
        let own = self.pairs(map).find(|(k, _)| self.text(*k) == Some(key)).map(|(_, value)| value);
        own.or_else(|| {
            let below = merges.checked_sub(1)?;
            let merged = self.pairs(map).find(|(k, _)| self.text(*k) == Some("<<"))?.1;
            let parts = match &self.nodes[merged].what {
                What::List(parts) => parts.iter().copied().take(MERGES).collect(),
                What::Map(_) | What::Text { .. } => vec![merged],
            };
            parts.into_iter().find_map(|part| self.get_within(part, key, below))
        })
    }

    pub(super) fn path(&self, from: Id, keys: &[&str]) -> Option<Id> {
        keys.iter().try_fold(from, |at, key| self.get(at, key))
    }

    /// Gives the bytes of a scalar that stands on one line as it reads, quotes and all.
    fn bytes(&self, id: Id) -> Option<Range<usize>> {
        let Node { what: What::Text { text, plain }, start, .. } = &self.nodes[id] else { return None };
        let rest = self.source.get(*start..)?;
        let end = if *plain {
            rest.starts_with(text.as_str()).then_some(start + text.len())
        } else {
            let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''))?;
            let inner = rest[1..].strip_prefix(text.as_str())?;
            inner.starts_with(quote).then_some(start + text.len() + 2)
        };
        end.filter(|_| !text.is_empty() && !text.contains('\n')).map(|end| *start..end)
    }

    pub(super) fn quote(&self, id: Id) -> &'static str {
        match self.source.as_bytes().get(self.nodes[id].start) {
            Some(b'"') => "\"",
            Some(b'\'') => "'",
            _ => "",
        }
    }

    pub(super) fn replace(&self, id: Id, text: &str) -> Option<Edit> {
        let quote = self.quote(id);
        Some(Edit { at: self.bytes(id)?, text: format!("{}", Quoted(text, quote)) })
    }

    pub(super) fn append(&self, id: Id, text: &str) -> Option<Edit> {
        let end = self.bytes(id)?.end - self.quote(id).len();
        Some(Edit { at: end..end, text: text.to_owned() })
    }

    /// Adds items to a list, in its own manner of writing; a scalar becomes a list.
    pub(super) fn extend(&self, list: Id, items: &[String]) -> Option<Vec<Edit>> {
        let What::List(have) = &self.nodes[list].what else {
            let Range { start, end } = self.bytes(list)?;
            let more = self.written(list, items).join(", ");
            return Some(vec![
                Edit { at: start..start, text: "[".into() },
                Edit { at: end..end, text: format!(", {more}]") },
            ]);
        };
        let last = *have.last()?;
        let Range { start, end } = self.bytes(last)?;
        let more = self.written(last, items);
        if self.source[self.nodes[list].start..].starts_with('[') {
            return Some(vec![Edit { at: end..end, text: format!(", {}", more.join(", ")) }]);
        }
        let dash = &self.source[self.line_start(start)..start];
        if dash.trim() != "-" {
            return None;
        }
        Some(vec![self.lines_after(end, more.into_iter().map(|item| format!("{dash}{item}")))])
    }

    /// Adds a key to a block mapping, behind its first one, where that is on one line.
    pub(super) fn add_key(&self, map: Id, key: &str, value: &str) -> Option<Edit> {
        let (first, held) = self.pairs(map).next()?;
        let (name, end) = (self.bytes(first)?, self.bytes(held)?.end);
        let start = self.line_start(name.start);
        let before = &self.source[start..name.start];
        if !before.chars().all(|c| matches!(c, ' ' | '-')) || self.line_start(end) != start {
            return None;
        }
        let indent = " ".repeat(before.len());
        Some(self.lines_after(end, [format!("{indent}{key}: {}", Quoted(value, "\""))]))
    }

    fn written(&self, like: Id, items: &[String]) -> Vec<String> {
        let quote = self.quote(like);
        items.iter().map(|item| Quoted(item, quote).to_string()).collect()
    }

    fn line_start(&self, at: usize) -> usize {
        self.source[..at].rfind('\n').map_or(0, |n| n + 1)
    }

    /// Adds lines behind the line that `at` is on, with its own ending.
    fn lines_after(&self, at: usize, lines: impl IntoIterator<Item = String>) -> Edit {
        let Some(end) = self.source[at..].find('\n').map(|n| at + n) else {
            let end = self.source.len();
            return Edit { at: end..end, text: lines.into_iter().map(|line| format!("\n{line}")).collect() };
        };
        let ending = if self.source[..end].ends_with('\r') { "\r\n" } else { "\n" };
        let text = lines.into_iter().map(|line| format!("{line}{ending}")).collect();
        Edit { at: end + 1..end + 1, text }
    }
}

/// A text as YAML: quoted as its neighbours are, and where it would be read as something else.
struct Quoted<'a>(&'a str, &'static str);

impl std::fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const WORDS: [&str; 8] = ["true", "false", "yes", "no", "on", "off", "null", "y"];
        let Self(text, quote) = *self;
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/' | b'*'))
            && !WORDS.contains(&text.to_ascii_lowercase().as_str());
        // Between double quotes a backslash would mean something else.
        let quote = match quote {
            _ if text.contains('\\') => "'",
            "" if !plain || text.contains('*') => "\"",
            quote => quote,
        };
        write!(f, "{quote}{text}{quote}")
    }
}

/// Applies edits; `None` where two of them are about the same bytes.
pub(super) fn apply(source: &str, mut edits: Vec<Edit>) -> Option<String> {
    edits.sort_by_key(|e| (e.at.start, e.at.end));
    // Aliases lead several filters to one list, which is edited once.
    edits.dedup();
    let mut text = String::with_capacity(source.len() + 256);
    let mut done = 0;
    for edit in edits {
        text.push_str(source.get(done..edit.at.start)?);
        text.push_str(&edit.text);
        done = edit.at.end;
    }
    text.push_str(source.get(done..)?);
    Some(text)
}
