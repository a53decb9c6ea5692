//! Releases whose files carry another version than their tag.

use super::past::Past;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::Version;
use allclear_core::ecosystem::version_file::{VersionFile, manifests, read};
use allclear_core::types::text::short;
use std::collections::BTreeSet;

pub(super) fn judge(past: &Past) -> Judgement {
    let mut evidence = Vec::new();
    let (mut readable, mut carriers) = (0, 0);
    for path in manifests() {
        let file = VersionFile { path: path.into(), pattern: None };
        let says: Vec<_> = past
            .tags
            .last()
            .iter()
            .filter_map(|release| {
                let text = past.files.get(&release.commit)?.get(path)?;
                Some((release, read(&file, text).ok()?))
            })
            .collect();
        readable += says.len();
        // A file that says one thing for ever, and never the version, does not carry it.
        let agrees = says.iter().any(|(release, said)| agree(said, release.version));
        let same = says.windows(2).all(|pair| pair[0].1 == pair[1].1);
        if says.is_empty() || (!agrees && same && (says.len() > 2 || said_nothing(&says[0].1))) {
            continue;
        }
        carriers += 1;
        for (release, said) in says.iter().filter(|(release, said)| !agree(said, release.version)) {
            let tag = short(&release.tag, 40);
            evidence.push(Evidence {
                text: format!("{tag} ({}): {path} says {}", release.commit.short(), short(said, 24)),
                about: tag,
                commits: vec![release.commit.clone()],
                at: Some(release.at),
            });
        }
    }
    if carriers == 0 {
        let why = if readable == 0 {
            "no file at the tags carries a version"
        } else {
            "no file tracks the version"
        };
        return Judgement::not_applicable(why);
    }
    if evidence.is_empty() {
        return Judgement::clear("the files at each tag say the tag's version");
    }
    evidence.sort_by_key(|e| std::cmp::Reverse(e.at));
    let tags: BTreeSet<&str> = evidence.iter().map(|e| e.about.as_str()).collect();
    let summary = format!(
        "{} of {} releases have files with another version than their tag",
        tags.len(),
        past.tags.last().len()
    );
    Judgement::past(summary).shown_by(evidence)
}

/// Tells whether a file's version is the tag's; build metadata does not count.
fn agree(said: &str, version: Version) -> bool {
    Version::parse(said.split('+').next().unwrap_or_default()).is_ok_and(|said| said == version)
}

fn said_nothing(said: &str) -> bool {
    said.starts_with("0.0.0")
}
