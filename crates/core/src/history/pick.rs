//! Picking a fix from develop onto a candidate: the message, the order, the conflicts, the train.

use crate::types::object_id::CommitId;
use crate::types::text::short;
use jiff::Timestamp;
use std::collections::BTreeMap;

/// What `git cherry-pick -x` begins its line with.
const PICKED: &str = "(cherry picked from commit ";
/// What git itself writes below messages: one of them makes a paragraph with other lines a block of trailers.
const OF_GIT: [&str; 2] = ["Signed-off-by: ", PICKED];

/// Gives the message of a picked commit, as `git cherry-pick -x` writes it.
pub fn message(original: &str, from: &CommitId) -> String {
    let text = original.trim_end();
    let gap = match text {
        "" => "",
        _ if ends_in_trailers(text) => "\n",
        _ => "\n\n",
    };
    format!("{text}{gap}{PICKED}{from})")
}

/// Tells whether the last paragraph is a block of trailers, by the rule of git's `trailer.c`: a paragraph
/// below the title in which all lines are trailers, or one is git's own and a quarter are.
fn ends_in_trailers(message: &str) -> bool {
    let lines: Vec<&str> = message.lines().collect();
    let counts = |line: &&&str| !line.starts_with('#');
    let blank = |line: &&str| line.trim().is_empty();
    let Some(title) = lines.iter().position(blank) else { return false };
    let Some(start) = lines.iter().rposition(blank).filter(|start| *start >= title) else {
        return false;
    };
    let (mut trailers, mut others, mut of_git, mut last) = (0, 0, false, false);
    for line in lines[start + 1..].iter().filter(counts) {
        if OF_GIT.iter().any(|prefix| line.starts_with(prefix)) {
            (trailers, of_git, last) = (trailers + 1, true, true);
        } else if line.starts_with(char::is_whitespace) {
            // A continuation belongs to what is above it.
            others += usize::from(!last);
        } else {
            last = is_trailer(line);
            (trailers, others) = (trailers + usize::from(last), others + usize::from(!last));
        }
    }
    trailers > 0 && (others == 0 || (of_git && trailers * 3 >= others))
}

fn is_trailer(line: &str) -> bool {
    line.split_once(':').is_some_and(|(token, _)| {
        let token = token.trim_end_matches([' ', '\t']);
        !token.is_empty() && token.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    })
}

/// Reads the commits that a message says it was picked from, the last one last.
pub fn picked_from(message: &str) -> impl Iterator<Item = CommitId> {
    message
        .lines()
        .filter_map(|line| CommitId::parse(line.trim().strip_prefix(PICKED)?.strip_suffix(')')?).ok())
}

/// Reads a date as git writes it, `1767225600 +0100`, from the line `role` of a raw commit or tag.
pub fn date<'a>(raw: &'a str, role: &str) -> Option<&'a str> {
    let head = raw.split("\n\n").next().unwrap_or_default();
    let line = head.lines().find_map(|line| line.strip_prefix(role)?.strip_prefix(' '))?;
    let date = line.rsplit_once("> ")?.1;
    let (at, offset) = date.split_once(' ')?;
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let offset = offset.strip_prefix(['+', '-'])?;
    (digits(at) && at.len() <= 12 && digits(offset) && offset.len() == 4).then_some(date)
}

/// Reads the instant out of a date as git writes it.
pub fn instant(date: &str) -> Option<Timestamp> {
    Timestamp::from_second(date.split(' ').next()?.parse().ok()?).ok()
}

/// Puts commits into the order of history, oldest first, each once.
pub fn in_order(wanted: &[CommitId], newest_first: &[CommitId]) -> Vec<CommitId> {
    newest_first.iter().rev().filter(|id| wanted.contains(id)).cloned().collect()
}

/// How two sides of a file disagree, by the stages that git leaves (1 base, 2 candidate, 3 commit).
pub fn conflict(stages: &BTreeMap<u8, CommitId>) -> &'static str {
    match [1, 2, 3].map(|stage| stages.contains_key(&stage)) {
        [true, true, true] => "both changed it",
        [true, true, false] => "deleted by the commit, changed on the candidate",
        [true, false, true] => "deleted on the candidate, changed by the commit",
        [false, true, true] => "added on both sides",
        [true, false, false] => "renamed differently on both sides",
        [false, true, false] | [false, false, true] => "moved on one side, in the way on the other",
        [false, false, false] => "in conflict",
    }
}

/// Takes the conflicts out of a merged text, at most `limit` lines, made safe to show. `ours` and
/// `theirs` stand for the object ids that git labels the sides with.
pub fn hunks(text: &str, ours: &str, theirs: &str, limit: usize) -> Vec<String> {
    let label = |line: &str, marker: &str| {
        let name = line.strip_prefix(marker)?.split(':').next()?;
        CommitId::parse(name).ok().map(drop)
    };
    let mut lines = Vec::new();
    let mut inside = false;
    for line in text.lines() {
        let (start, end) = (label(line, "<<<<<<< ").is_some(), label(line, ">>>>>>> ").is_some());
        inside |= start;
        if !inside {
            continue;
        }
        if lines.len() == limit {
            lines.push("…".into());
            break;
        }
        lines.push(match (start, end) {
            (true, _) => format!("<<<<<<< {ours}"),
            (_, true) => format!(">>>>>>> {theirs}"),
            _ => short(&line.replace('\t', "    "), 160),
        });
        inside &= !end;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(digit: char) -> CommitId {
        CommitId::parse(&digit.to_string().repeat(40)).unwrap()
    }

    #[test]
    fn the_line_joins_trailers_and_stands_apart_from_all_else() {
        let line = format!("(cherry picked from commit {})", id('a'));
        let joined = [
            "fix: x\n\nSigned-off-by: M <m@x>",
            "fix: x\n\nbody\n\nFixes: #1\nReviewed-by: M",
            "fix: x\n\nFixes: a long\n  line that goes on",
            "fix: x\n\nsome words\nmore words\nand more\nSigned-off-by: M <m@x>",
            "fix: x\n\n(cherry picked from commit 1)",
            "fix: x\n\n# talk\nFixes: #1",
        ];
        let apart = [
            "fix: x",
            "Fixes: not a trailer but a title",
            "fix: x\n\nbody",
            "fix: x\n\nbody\nFixes: #1",
            "fix: x\n\nsee https://example.org and\nhttps://example.org/2",
            "fix: x\n\na\nb\nc\nd\nSigned-off-by: M <m@x>",
        ];
        for text in joined {
            assert_eq!(message(text, &id('a')), format!("{text}\n{line}"));
        }
        for text in apart {
            assert_eq!(message(text, &id('a')), format!("{text}\n\n{line}"));
        }
        assert_eq!(message("\n\n", &id('a')), line);
        assert_eq!(message("fix: x\n\n\n", &id('a')), format!("fix: x\n\n{line}"));
    }

    #[test]
    fn a_line_of_its_own_names_where_it_was_picked_from() {
        let text = message(&message("fix: x", &id('a')), &id('b'));
        assert_eq!(picked_from(&text).collect::<Vec<_>>(), [id('a'), id('b')]);
        let quoted = format!("fix: like (cherry picked from commit {}) said", id('a'));
        assert_eq!(picked_from(&quoted).count(), 0);
        assert_eq!(picked_from("(cherry picked from commit abc)\n(cherry picked from commit )").count(), 0);
    }

    #[test]
    fn dates_are_taken_as_they_are_or_not_at_all() {
        let raw =
            "tree x\nauthor A > B <a@b> 1767225600 +0530\ncommitter C <c> 1 -0000\n\nauthor X <x> 9 +0000\n";
        assert_eq!(date(raw, "author"), Some("1767225600 +0530"));
        assert_eq!(date(raw, "committer"), Some("1 -0000"));
        assert_eq!(date(raw, "tagger"), None);
        assert_eq!(instant("1767225600 +0530").unwrap().as_second(), 1_767_225_600);
        for bad in ["x", "9 0000", "9 +00", "-9 +0000", "9999999999999 +0000", "9 +0000\u{1b}"] {
            assert_eq!(date(&format!("author A <a@b> {bad}\n\n"), "author"), None, "{bad}");
        }
    }

    #[test]
    fn conflicts_are_shown_in_few_and_harmless_lines() {
        let (a, b) = (id('a'), id('b'));
        let text = format!(
            "top\n<<<<<<< {a}\nours\u{1b}[2J\n=======\ntheirs\n>>>>>>> {b}:file\nend\n<<<<<<< HEAD\nx\n"
        );
        assert_eq!(
            hunks(&text, "release-1.1.0", "the fix", 20),
            ["<<<<<<< release-1.1.0", "ours\u{fffd}[2J", "=======", "theirs", ">>>>>>> the fix"]
        );
        assert_eq!(hunks(&text, "a", "b", 2).last().unwrap(), "…");
        assert!(hunks("no conflict\n", "a", "b", 9).is_empty());
    }

    #[test]
    fn history_gives_the_order() {
        let newest_first = ['d', 'c', 'b', 'a'].map(id);
        assert_eq!(in_order(&['b', 'd', 'b', 'a'].map(id), &newest_first), ['a', 'b', 'd'].map(id));
    }
}
