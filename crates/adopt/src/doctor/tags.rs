//! Tags read as releases and candidates, in whatever form the history has them; and what is odd about them.

use super::{Evidence, Finding, Part, Past, RELEASES, RcTag, Release, Weight, absent, day};
use allclear_core::name::RefName;
use allclear_core::port::history::CloneRef;
use allclear_core::text::{count, list, short};
use allclear_core::version::Version;
use std::collections::{BTreeMap, BTreeSet};

/// The release tags of one form, and their candidates.
#[derive(Debug, Clone, Default)]
pub struct Tags {
    /// The releases, newest first by date.
    pub releases: Vec<Release>,
    /// The candidates, oldest first by date.
    pub rcs: Vec<RcTag>,
    /// The form of the tags, such as `vX.Y.Z`.
    pub form: String,
    /// How many tags have another form.
    pub others: usize,
}

/// The tags that have the same text before their version.
#[derive(Default)]
struct Form<'a> {
    releases: usize,
    tags: Vec<(&'a CloneRef, &'a str, Named)>,
}

/// A tag's name as a version.
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

    /// Gives the last releases, newest first.
    pub fn last(&self) -> &[Release] {
        &self.releases[..self.releases.len().min(RELEASES)]
    }
}

/// Finds the version in a tag's name, and what stands before it.
fn named(name: &str) -> Option<(&str, Named)> {
    // The version is all from the first digit on that begins a number and is no part of a word's end.
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

/// What a branch's name says of its version: `release-2.9.0`, `release/2.9`, `v1.x`, `7-2-stable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// The major number.
    pub major: u64,
    /// The minor number, where it says one.
    pub minor: Option<u64>,
    /// The patch number, where it says one: a branch of one release.
    pub patch: Option<u64>,
}

impl Line {
    /// Reads a branch's name; `None` where it is no release branch.
    pub fn read(branch: &str) -> Option<Self> {
        let lower = branch.to_ascii_lowercase();
        let words = ["releases", "release", "rel", "hotfix", "stable", "maint", "support"];
        let stripped = words.iter().find_map(|w| lower.strip_prefix(w)?.strip_prefix(['-', '/', '_']));
        let rest = stripped.unwrap_or(&lower);
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        let bare = ["-stable", "-maintenance", ".x", "-x"].iter().find_map(|end| rest.strip_suffix(end));
        let numbers = bare.unwrap_or(rest);
        let parts: Vec<&str> = numbers.split(['.', '-', '_']).collect();
        let number = |part: &&str| {
            (!part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u64>().ok())
                .flatten()
        };
        let parts: Option<Vec<u64>> = parts.iter().map(number).collect();
        match parts?[..] {
            // A single number is an issue's number as often as a version.
            [major] if bare.is_some() => Some(Self { major, minor: None, patch: None }),
            [major, minor] => Some(Self { major, minor: Some(minor), patch: None }),
            [major, minor, patch] => Some(Self { major, minor: Some(minor), patch: Some(patch) }),
            _ => None,
        }
    }

    /// Tells whether a version is of this line.
    pub fn has(&self, version: Version) -> bool {
        version.major == self.major
            && self.minor.is_none_or(|minor| minor == version.minor)
            && self.patch.is_none_or(|patch| patch == version.patch)
    }
}

/// Finds tags that are something else here than on the server.
pub(super) fn moved(past: &Past) -> Finding {
    let finding = Finding::new(
        Part::Past,
        "moved tags",
        "never moves a published tag, and reports any other hand that does",
    );
    let Some(server) = &past.server else {
        return finding.weighs(Weight::Unknown, "not known: the server was not read");
    };
    let ours = past.tags.releases.iter().map(|r| &r.tag).chain(past.tags.rcs.iter().map(|r| &r.tag));
    let ours: BTreeSet<RefName> = ours.map(|tag| RefName::tag(tag)).collect();
    let mut moved: Vec<(Option<jiff::Timestamp>, Evidence)> = Vec::new();
    for here in past.refs.iter().filter(|here| ours.contains(&here.name)) {
        let Some(there) = server.get(&here.name).filter(|there| **there != here.object) else { continue };
        let commits = vec![here.commit().clone(), server.commit(&here.name).unwrap_or(there).clone()];
        let about = short(here.name.short(), 40);
        let text = if commits[0] == commits[1] {
            format!("{about} was made anew at {}", commits[0].short())
        } else {
            format!("{about} is {} here and {} on the server", commits[0].short(), commits[1].short())
        };
        moved.push((here.at, Evidence { about, text, commits, at: here.at }));
    }
    if moved.is_empty() {
        return finding.weighs(Weight::Clear, "no release tag differs from the server's");
    }
    moved.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
    let summary = format!("{} here than on the server", differ(moved.len()));
    let act = format!("ask who moved it; git fetch --tags --force takes the server's {}", one(moved.len()));
    finding.weighs(Weight::Open, summary).shown_by(moved.into_iter().map(|(_, e)| e).collect()).act(act)
}

fn differ(n: usize) -> String {
    if n == 1 { "1 tag is another one".into() } else { format!("{n} tags are others") }
}

fn one(n: usize) -> &'static str {
    if n == 1 { "one" } else { "ones" }
}

/// Finds releases whose tag is no object of its own.
pub(super) fn lightweight(past: &Past) -> Finding {
    let finding = Finding::new(
        Part::Past,
        "lightweight tags",
        "makes annotated tags: who, when, signed where a key is set",
    );
    let last = past.tags.last();
    if last.is_empty() {
        return absent(finding, "no release");
    }
    let bare: Vec<Evidence> = last
        .iter()
        .filter(|r| !r.annotated)
        .map(|r| Evidence {
            about: short(&r.tag, 40),
            text: short(&r.tag, 40),
            commits: vec![r.commit.clone()],
            at: Some(r.at),
        })
        .collect();
    if bare.is_empty() {
        return finding.weighs(Weight::Clear, "all release tags are annotated");
    }
    let summary = format!("{} of {}: no name and no date of their own", bare.len(), last.len());
    finding.weighs(Weight::Past, summary).shown_by(bare)
}

/// Finds commits with several rc numbers of one version.
pub(super) fn twins(past: &Past) -> Finding {
    let finding = Finding::new(
        Part::Past,
        "doubled rcs",
        "counts an rc once: a head that is an rc is not numbered again",
    );
    if past.tags.rcs.is_empty() {
        return absent(finding, "no rc tag");
    }
    let last: BTreeSet<Version> = past.tags.last().iter().map(|r| r.version).collect();
    let released: BTreeSet<Version> = past.tags.releases.iter().map(|r| r.version).collect();
    let mut commits: BTreeMap<(Version, &allclear_core::CommitId), Vec<&RcTag>> = BTreeMap::new();
    for rc in past.tags.rcs.iter().filter(|rc| last.contains(&rc.version) || !released.contains(&rc.version))
    {
        commits.entry((rc.version, &rc.commit)).or_default().push(rc);
    }
    let mut doubled: Vec<Evidence> = commits
        .into_iter()
        .filter(|(_, rcs)| rcs.iter().map(|rc| rc.n).collect::<BTreeSet<_>>().len() > 1)
        .map(|((_, commit), rcs)| {
            let tags: Vec<String> = rcs.iter().map(|rc| short(&rc.tag, 30)).collect();
            let at = rcs.iter().map(|rc| rc.at).max();
            Evidence {
                about: tags[0].clone(),
                text: format!(
                    "{} are all {}{}",
                    list(&tags),
                    commit.short(),
                    at.map(|at| format!(", {}", day(at))).unwrap_or_default()
                ),
                commits: vec![commit.clone()],
                at,
            }
        })
        .collect();
    if doubled.is_empty() {
        return finding.weighs(Weight::Clear, "every rc is a commit of its own");
    }
    doubled.sort_by_key(|e| std::cmp::Reverse(e.at));
    let summary = format!("{} several rc numbers", has(doubled.len()));
    finding.weighs(Weight::Past, summary).shown_by(doubled)
}

fn has(n: usize) -> String {
    format!("{} {}", count(n, "commit"), if n == 1 { "has" } else { "have" })
}
