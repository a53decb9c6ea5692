//! Tags read as releases and release candidates, in whatever form the history has them.

use allclear_core::port::history::CloneRef;
use allclear_core::types::text::short;
use allclear_core::{CommitId, RcNumber, Version};
use jiff::Timestamp;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

const RELEASES: usize = 10;

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Release {
    pub tag: String,
    pub version: Version,
    pub commit: CommitId,
    pub annotated: bool,
    /// When, as the tag claims, or its commit where it is lightweight.
    pub at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RcTag {
    pub tag: String,
    pub version: Version,
    /// Its number; 0 where it has none.
    pub n: RcNumber,
    pub commit: CommitId,
    pub at: Timestamp,
}

/// The release tags of one form, and their candidates.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// The releases, newest first by date.
    pub releases: Vec<Release>,
    /// The candidates, oldest first by date.
    pub rcs: Vec<RcTag>,
    /// The form of the tags, such as `vX.Y.Z`.
    pub form: String,
    pub others: usize,
}

/// The tags that have the same text before their version.
#[derive(Default)]
struct Form<'a> {
    releases: usize,
    tags: Vec<(&'a CloneRef, &'a str, Named)>,
}

enum Named {
    Release(Version),
    Rc(Version, u32),
}

impl Tags {
    /// Reads tags. Where the history has several forms, `vX.Y.Z` and `X.Y.Z` count, else the commonest.
    pub fn read(refs: &[CloneRef]) -> Self {
        let mut forms: BTreeMap<&str, Form<'_>> = BTreeMap::new();
        let mut total = 0;
        for tag in refs {
            let Some(name) = tag.name.as_str().strip_prefix("refs/tags/") else { continue };
            total += 1;
            let Some((prefix, named)) = named(name) else { continue };
            let form = forms.entry(if matches!(prefix, "v" | "V") { "" } else { prefix }).or_default();
            form.releases += usize::from(matches!(named, Named::Release(_)));
            form.tags.push((tag, name, named));
        }
        let plain = forms.get("").is_some_and(|form| form.releases > 0).then_some("");
        let chosen = plain.or_else(|| {
            let most =
                forms.iter().filter(|(_, form)| form.releases > 0).max_by_key(|(_, form)| form.releases);
            most.map(|(prefix, _)| *prefix)
        });
        let Some((prefix, Form { tags: found, .. })) = chosen.and_then(|prefix| forms.remove_entry(prefix))
        else {
            return Self { others: total, ..Self::default() };
        };
        let mut tags = Self { others: total - found.len(), ..Self::default() };
        let with_v = found.iter().filter(|(_, name, _)| name.starts_with(['v', 'V'])).count();
        let v = if prefix.is_empty() && with_v * 2 >= found.len() { "v" } else { "" };
        tags.form = short(&format!("{prefix}{v}X.Y.Z"), 40);
        for (tag, name, named) in found {
            let Some(at) = tag.at else { continue };
            let (name, commit) = (name.to_owned(), tag.commit().clone());
            match named {
                Named::Release(version) => {
                    let annotated = tag.peeled.is_some();
                    tags.releases.push(Release { tag: name, version, commit, annotated, at });
                }
                Named::Rc(version, n) => tags.rcs.push(RcTag { tag: name, version, n, commit, at }),
            }
        }
        tags.releases.sort_by(|a, b| (b.at, b.version, &b.tag).cmp(&(a.at, a.version, &a.tag)));
        // One release may have two tags, `v1.0.0` and `1.0.0`.
        let mut seen = BTreeSet::new();
        tags.releases.retain(|r| seen.insert((r.version, r.commit.clone())));
        tags.rcs.sort_by_key(|rc| (rc.at, rc.version, rc.n));
        tags
    }

    pub fn last(&self) -> &[Release] {
        &self.releases[..self.releases.len().min(RELEASES)]
    }
}

/// Finds the version in a tag's name, and what stands before it.
fn named(name: &str) -> Option<(&str, Named)> {
    // The version is all from the first digit on that begins a number and does not end a word.
    let start = name.char_indices().find_map(|(at, c)| {
        let before = name[..at].chars().next_back();
        let begins = before.is_none_or(|b| matches!(b, '-' | '/' | '_' | '@' | '.'))
            || (matches!(before, Some('v' | 'V'))
                && name[..at - 1].chars().next_back().is_none_or(|b| !b.is_alphanumeric()));
        (c.is_ascii_digit() && begins && name[at..].split('.').count() >= 3).then_some(at)
    })?;
    let (prefix, rest) = name.split_at(start);
    let numbers = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (core, tail) = rest.split_at(numbers);
    let version = Version::parse(core.trim_end_matches('.')).ok()?;
    if tail.is_empty() {
        return (!core.ends_with('.')).then_some((prefix, Named::Release(version)));
    }
    let tail = tail.trim_start_matches(['-', '.', '_']).to_ascii_lowercase();
    let n = tail.strip_prefix("rc")?.trim_start_matches(['.', '-', '_']);
    let n = if n.is_empty() { 0 } else { n.parse().ok()? };
    Some((prefix, Named::Rc(version, n)))
}
