//! A changelog file of a project: a new section goes in, and two branches' sections come together.

use super::{Changelog, Style};
use crate::types::version::Version;
use std::collections::BTreeSet;

const TITLE: &str = "# Changelog\n";

/// Adds a section to the text of a changelog file: below `## [Unreleased]`, else above the first `## `
/// heading, else behind the title. All else stays byte for byte. `None` where the file has a section of that
/// version already; `limit` bounds the section, in bytes.
pub fn insert(text: Option<&str>, changelog: &Changelog, limit: usize) -> Option<String> {
    let text = text.unwrap_or(TITLE);
    let headings = headings(text);
    if headings.iter().any(|h| h.version.is_some() && h.version == changelog.version) {
        return None;
    }
    let first = headings.iter().find(|h| h.version.is_some());
    let unreleased = headings.iter().find(|h| h.is_unreleased);
    let style = Style {
        brackets: first.or(unreleased).is_some_and(|h| h.style.brackets),
        v: first.is_some_and(|h| h.style.v),
    };
    let at = match (unreleased, headings.iter().find(|h| h.level == 2)) {
        // Notes that people wrote there are about this cut.
        (Some(unreleased), _) => past_blank_lines(text, unreleased.end),
        (None, Some(heading)) => heading.start,
        (None, None) => end_of_introduction(text, &headings),
    };
    let section = format!("{}\n\n{}", changelog.heading(style), changelog.body(limit));
    let eol = eol(text);
    let section = section.replace('\n', eol);
    let (before, after) = text.split_at(at);
    let gap = match before {
        "" | "\u{feff}" => String::new(),
        _ if before.ends_with(&format!("{eol}{eol}")) => String::new(),
        _ if before.ends_with('\n') => eol.to_owned(),
        _ => format!("{eol}{eol}"),
    };
    let below = if after.is_empty() || after.starts_with(eol) { "" } else { eol };
    Some(format!("{before}{gap}{section}{below}{after}"))
}

/// Merges two texts that grew from `base`, where they differ in whole sections: each keeps its own, the
/// newest version first. `None` where both changed the same part, or one took a section away.
pub fn union(base: &str, ours: &str, theirs: &str) -> Option<String> {
    let [base, ours, theirs] = [split(base)?, split(ours)?, split(theirs)?];
    let eol = eol(ours.head);
    let head = three_way(Some(base.head), Some(ours.head), Some(theirs.head)).ok()??;
    let mut chosen: Vec<(Version, &str, bool)> = Vec::new();
    for (version, text) in &ours.sections {
        let text = three_way(base.get(*version), Some(text), theirs.get(*version)).ok()?;
        chosen.push((*version, text?, false));
    }
    for (version, text) in theirs.sections.iter().filter(|(version, _)| ours.get(*version).is_none()) {
        let at = chosen.iter().position(|(other, ..)| other < version).unwrap_or(chosen.len());
        chosen.insert(at, (*version, text, true));
    }
    if base.sections.iter().any(|(v, _)| ours.get(*v).is_none() || theirs.get(*v).is_none()) {
        return None;
    }
    let mut out = head.to_owned();
    let mut joint = false;
    for (_, text, came) in chosen {
        // A new section has a blank line on both sides.
        if (came || joint) && !out.is_empty() {
            let missing = [eol.repeat(2).as_str(), eol].iter().position(|end| out.ends_with(end));
            out.push_str(&eol.repeat(missing.unwrap_or(2)));
        }
        out.push_str(text);
        joint = came;
    }
    if joint {
        out.truncate(out.trim_end().len());
        out.push_str(eol);
    }
    Some(out)
}

fn eol(text: &str) -> &'static str {
    if text.contains("\r\n") { "\r\n" } else { "\n" }
}

/// Both sides changed the same part, or one removed it.
struct Conflict;

/// Takes the side that changed; `None` is an absent part.
fn three_way<'a>(
    base: Option<&'a str>,
    ours: Option<&'a str>,
    theirs: Option<&'a str>,
) -> Result<Option<&'a str>, Conflict> {
    let same = |a: Option<&str>, b: Option<&str>| a.map(str::trim_end) == b.map(str::trim_end);
    if same(base, theirs) || same(ours, theirs) {
        Ok(ours)
    } else if same(base, ours) {
        Ok(theirs)
    } else {
        Err(Conflict)
    }
}

/// A file, cut into what stands before the first version and one part for each version.
struct Parts<'a> {
    head: &'a str,
    sections: Vec<(Version, &'a str)>,
}

impl<'a> Parts<'a> {
    fn get(&self, version: Version) -> Option<&'a str> {
        self.sections.iter().find(|(own, _)| *own == version).map(|(_, text)| *text)
    }
}

/// Cuts a file at its versions; `None` where one is there twice or `Unreleased` is below one.
fn split(text: &str) -> Option<Parts<'_>> {
    let headings = headings(text);
    let starts: Vec<(Version, usize)> = headings.iter().filter_map(|h| Some((h.version?, h.start))).collect();
    let first = starts.first().map_or(text.len(), |(_, start)| *start);
    if headings.iter().any(|h| h.is_unreleased && h.start > first) {
        return None;
    }
    let ends = starts.iter().skip(1).map(|(_, start)| *start).chain([text.len()]);
    let sections: Vec<(Version, &str)> =
        starts.iter().zip(ends).map(|((version, start), end)| (*version, &text[*start..end])).collect();
    let distinct: BTreeSet<Version> = sections.iter().map(|(version, _)| *version).collect();
    (distinct.len() == sections.len()).then_some(Parts { head: &text[..first], sections })
}

/// A heading of the first or second level.
struct Heading {
    level: usize,
    start: usize,
    end: usize,
    version: Option<Version>,
    is_unreleased: bool,
    style: Style,
}

fn headings(text: &str) -> Vec<Heading> {
    let mut found = Vec::new();
    let (mut at, mut fence) = (0, None);
    for line in text.split_inclusive('\n') {
        let (start, end) = (at, at + line.len());
        at = end;
        let bare = line.trim_start_matches('\u{feff}');
        let mark = ["```", "~~~"].into_iter().find(|mark| bare.trim_start().starts_with(mark));
        match (fence, mark) {
            (None, Some(mark)) => fence = Some(mark),
            (Some(open), Some(mark)) if open == mark => fence = None,
            (Some(_), _) => {}
            (None, None) => {
                let level = bare.len() - bare.trim_start_matches('#').len();
                if matches!(level, 1 | 2) && bare[level..].starts_with([' ', '\t']) {
                    found.push(heading(level, start, end, bare[level..].trim()));
                }
            }
        }
    }
    found
}

fn heading(level: usize, start: usize, end: usize, title: &str) -> Heading {
    let brackets = title.starts_with('[');
    let name = title.trim_start_matches('[');
    let name = &name[..name.find(|c: char| c == ']' || c.is_whitespace()).unwrap_or(name.len())];
    let bare = name.strip_prefix('v').unwrap_or(name);
    Heading {
        level,
        start,
        end,
        version: (level == 2).then(|| Version::parse(bare).ok()).flatten(),
        is_unreleased: level == 2 && name.eq_ignore_ascii_case("unreleased"),
        style: Style { brackets, v: bare.len() < name.len() },
    }
}

/// Finds the end of the title and of what introduces it.
fn end_of_introduction(text: &str, headings: &[Heading]) -> usize {
    let mut own = headings.iter().filter(|h| h.level == 1);
    match (own.next(), own.next()) {
        (None, _) => 0,
        (Some(_), Some(next)) => next.start,
        (Some(_), None) => text.len(),
    }
}

fn past_blank_lines(text: &str, at: usize) -> usize {
    let blank = text[at..].split_inclusive('\n').take_while(|line| line.trim().is_empty());
    at + blank.map(str::len).sum::<usize>()
}

#[cfg(test)]
mod tests {
    use super::super::{Entry, Kind, Section};
    use super::*;
    use proptest::prelude::*;

    fn changelog(version: Version) -> Changelog {
        let entry = Entry { text: "streams".into(), ..Entry::default() };
        Changelog {
            version: Some(version),
            date: Some(jiff::civil::date(2026, 11, 3)),
            sections: vec![Section { kind: Kind::Added, entries: vec![entry] }],
            ..Changelog::default()
        }
    }

    fn inserted(text: &str) -> String {
        insert(Some(text), &changelog(Version::new(2, 9, 0)), usize::MAX).unwrap()
    }

    const NEW: &str = "## 2.9.0 - 2026-11-03\n\n### Added\n\n- streams\n";

    #[test]
    fn a_section_finds_its_place() {
        let bracketed = NEW.replace("2.9.0", "[2.9.0]");
        for (text, expected) in [
            ("", NEW.to_owned()),
            ("# Changelog\n", format!("# Changelog\n\n{NEW}")),
            ("# Changelog", format!("# Changelog\n\n{NEW}")),
            ("# Changes\n\nAll of them.\n", format!("# Changes\n\nAll of them.\n\n{NEW}")),
            ("# Changes\n\n## 2.8.0\n\n- x\n", format!("# Changes\n\n{NEW}\n## 2.8.0\n\n- x\n")),
            ("# C\n## v2.8.0\n- x", format!("# C\n\n{}\n## v2.8.0\n- x", NEW.replace("2.9.0", "v2.9.0"))),
            (
                "# C\n\n## [Unreleased]\n\n- by hand\n\n## [2.8.0] - 2026-10-01\n",
                format!("# C\n\n## [Unreleased]\n\n{bracketed}\n- by hand\n\n## [2.8.0] - 2026-10-01\n"),
            ),
            ("## Unreleased\n", format!("## Unreleased\n\n{NEW}")),
            ("# C\n\n```\n## 1.0.0\n```\n", format!("# C\n\n```\n## 1.0.0\n```\n\n{NEW}")),
            ("15.0.0\n======\n\n* x\n", format!("{NEW}\n15.0.0\n======\n\n* x\n")),
        ] {
            assert_eq!(inserted(text), expected, "{text:?}");
        }
    }

    #[test]
    fn line_endings_stay() {
        let text = "# C\r\n\r\n## 2.8.0\r\n";
        let expected = format!("# C\r\n\r\n{}\r\n## 2.8.0\r\n", NEW.replace('\n', "\r\n"));
        assert_eq!(inserted(text), expected);
    }

    #[test]
    fn what_is_there_is_not_written_again() {
        let once = inserted("# C\n");
        assert_eq!(insert(Some(&once), &changelog(Version::new(2, 9, 0)), usize::MAX), None);
    }

    #[test]
    fn a_new_file_has_a_title() {
        let made = insert(None, &changelog(Version::new(2, 9, 0)), usize::MAX).unwrap();
        assert_eq!(made, format!("# Changelog\n\n{NEW}"));
    }

    #[test]
    fn two_branches_keep_both_sections() {
        let base = "# C\n\n## [Unreleased]\n\n## [2.8.0]\n\n- x\n";
        let add = |text: &str, v| insert(Some(text), &changelog(v), usize::MAX).unwrap();
        let (patch, minor) = (Version::new(2, 8, 1), Version::new(2, 9, 0));
        let both = add(&add(base, patch), minor);
        assert_eq!(union(base, &add(base, patch), &add(base, minor)).unwrap(), both);
        assert_eq!(union(base, &add(base, minor), &add(base, patch)).unwrap(), both);
        // A person goes on under Unreleased meanwhile.
        let by_hand = base.replace("[Unreleased]\n", "[Unreleased]\n\n- by hand\n");
        let merged = union(base, &by_hand, &add(base, minor)).unwrap();
        assert_eq!(merged.matches("- by hand").count(), 1);
        assert!(merged.find("- by hand").unwrap() < merged.find("## [2.9.0]").unwrap(), "{merged}");
        // The very first section of a file that neither had.
        let new = |v| insert(None, &changelog(v), usize::MAX).unwrap();
        assert_eq!(union("", &new(patch), &new(minor)).unwrap(), add(&new(patch), minor));
    }

    #[test]
    fn what_is_in_doubt_is_no_union() {
        let base = "# C\n\n## 2.8.0\n\n- x\n\n## 2.7.0\n\n- y\n";
        let edited = |by: &str| base.replace("- x", by);
        assert_eq!(union(base, &edited("- a"), &edited("- b")), None);
        assert_eq!(union(base, &base.replace("# C", "# A"), &base.replace("# C", "# B")), None);
        assert_eq!(union(base, "# C\n\n## 2.8.0\n\n- x\n", &edited("- b")), None);
        assert_eq!(union(base, &format!("{base}\n## 2.8.0\n"), base), None);
        assert_eq!(union(base, &format!("{base}\n## Unreleased\n"), base), None);
    }

    proptest! {
        #[test]
        fn the_rest_stays_byte_for_byte(text in "(#{1,2} |## \\[?v?[0-9]\\.[0-9]\\.0\\]?|Unreleased|\\]|a|\r?\n|```|\u{feff}){0,30}") {
            if let Some(made) = insert(Some(&text), &changelog(Version::new(2, 9, 0)), usize::MAX) {
                let names = ["2.9.0", "v2.9.0", "[2.9.0]", "[v2.9.0]"];
                prop_assert!(names.iter().any(|name| made.contains(&format!("## {name} - 2026-11-03"))), "{made:?}");
                let kept = (0..=text.len()).filter(|at| text.is_char_boundary(*at)).any(|cut| {
                    made.starts_with(&text[..cut]) && made.ends_with(&text[cut..])
                });
                prop_assert!(kept, "{made:?}");
            }
        }

        #[test]
        fn a_union_never_panics(a in "(## [0-9]\\.0\\.0|a|\n|## Unreleased){0,9}", b in "(## [0-9]\\.0\\.0|a|\n){0,9}", c in "(## [0-9]\\.0\\.0|a|\r\n){0,9}") {
            let _ = union(&a, &b, &c);
        }
    }
}
