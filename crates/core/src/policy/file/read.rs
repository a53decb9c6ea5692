//! Reads `allclear.toml`, and tells everything that is wrong with it at once.

use super::build::{self, build};
use super::keys::KEYS;
use super::mistake::{Mistake, line_column};
use super::value::{Given, gather};
use crate::policy::Policy;
use crate::policy::preset::Preset;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Gives the policy of a project that says nothing but the preset's name.
pub fn defaults(preset: Preset) -> Policy {
    build::preset(preset).expect("a test reads every preset")
}

/// The largest policy file, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// The most mistakes that are listed.
const LISTED: usize = 100;

/// A policy, with where each value is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Effective {
    /// The policy.
    pub policy: Policy,
    /// Where each value is from, by dotted key; the freezes are `freeze[0]`, `freeze[1]` and so on.
    pub origins: BTreeMap<String, Origin>,
    /// What is allowed, but probably not meant.
    pub warnings: Vec<Mistake>,
}

/// Where a value is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Origin {
    /// From the file.
    File {
        /// The line, counted from 1.
        line: usize,
    },
    /// From the preset of this name.
    Preset(&'static str),
}

/// Reads the text of a policy file. An empty text is the policy of `library@1`.
///
/// # Errors
///
/// Everything that is wrong, in the order of the file; at most a hundred mistakes.
pub fn read(text: &str) -> Result<Effective, Vec<Mistake>> {
    if text.len() > LARGEST {
        let what = format!("the file has {} bytes; a policy has at most {LARGEST}", text.len());
        return Err(vec![Mistake::new(0..0, what)]);
    }
    let (table, errors) = toml::de::DeTable::parse_recoverable(text);
    let broken: Vec<Mistake> = errors
        .iter()
        .map(|error| Mistake::new(error.span().unwrap_or(0..0), format!("not TOML: {}", error.message())))
        .collect();
    let mut mistakes = Vec::new();
    let file = gather(table.get_ref(), &KEYS, "", &mut mistakes);
    let preset = match file.get("preset").map(Given::word::<String>) {
        None => Preset::Library1,
        Some(Ok(name)) => Preset::find(&name).unwrap_or(Preset::Library1),
        Some(Err(wrong)) => {
            mistakes.extend(wrong);
            Preset::Library1
        }
    };
    let origins = origins(text, &file, preset);
    let built = build(file, preset);
    mistakes.extend(built.mistakes);
    // What the parser made of a broken line is a guess, and so is every key behind a broken header: a mistake in
    // a guess is noise.
    let newlines: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let line = |mistake: &Mistake| newlines.partition_point(|at| *at < mistake.span.start);
    let is_header =
        |line: &&usize| text.lines().nth(**line).is_some_and(|text| text.trim_start().starts_with('['));
    let broken_lines: BTreeSet<usize> = broken.iter().map(line).collect();
    let known_until = broken_lines.iter().take(LISTED).find(is_header).copied().unwrap_or(usize::MAX);
    mistakes.retain(|mistake| line(mistake) < known_until && !broken_lines.contains(&line(mistake)));
    mistakes.extend(broken);
    match built.policy {
        Some(policy) if mistakes.is_empty() => Ok(Effective { policy, origins, warnings: built.warnings }),
        Some(_) | None => {
            mistakes.sort_by_key(|mistake| (mistake.span.start, mistake.span.end));
            mistakes.dedup();
            let more = mistakes.len().saturating_sub(LISTED);
            mistakes.truncate(LISTED);
            if more > 0 {
                mistakes.push(Mistake::new(text.len()..text.len(), format!("and {more} more")));
            }
            Err(mistakes)
        }
    }
}

fn origins(text: &str, file: &super::value::Layer<'_>, preset: Preset) -> BTreeMap<String, Origin> {
    let at = |start: usize| Origin::File { line: line_column(text, start).0 };
    let mut origins = BTreeMap::new();
    for key in KEYS.iter() {
        let origin =
            file.get(key.path).map_or(Origin::Preset(preset.name()), |given| at(given.value.span().start));
        origins.insert(key.path.to_owned(), origin);
    }
    // One form of tags follows the other.
    for (key, other) in [("tags.release", "tags.candidate"), ("tags.candidate", "tags.release")] {
        if let (false, Some(given)) = (file.contains_key(key), file.get(other)) {
            origins.insert(key.to_owned(), at(given.value.span().start));
        }
    }
    for key in ["freeze", "downstream", "check", "after", "notify"] {
        let items = file.get(key).and_then(|given| given.value.get_ref().as_array());
        for (i, item) in items.into_iter().flatten().enumerate() {
            origins.insert(format!("{key}[{i}]"), at(item.span().start));
        }
    }
    origins
}
