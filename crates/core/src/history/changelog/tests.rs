use super::*;
use crate::history::graph::CommitInfo;
use proptest::prelude::*;
use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

fn id(n: usize) -> CommitId {
    CommitId::parse(&format!("{n:040x}")).unwrap()
}

/// A graph of commits, oldest first, with their parents by number; a parent that is not there is older.
fn graph(commits: &[(&[usize], &str)]) -> Graph {
    let mut graph = Graph::default();
    for (n, (parents, message)) in commits.iter().enumerate() {
        let info = CommitInfo {
            parents: parents.iter().map(|p| id(*p)).collect(),
            author: format!("Author {} <a@example.org>", n % 2),
            message: (*message).to_owned(),
        };
        graph.commits.insert(id(n), info);
        graph.order.insert(0, id(n));
    }
    graph
}

fn lines(commits: &[(&[usize], &str)]) -> Vec<String> {
    let text = compose(&graph(commits), &id(commits.len() - 1)).body(usize::MAX);
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

fn straight(messages: &[&str]) -> Vec<String> {
    let parents: Vec<Vec<usize>> =
        (0..messages.len()).map(|n| vec![n.checked_sub(1).unwrap_or(999)]).collect();
    let commits: Vec<(&[usize], &str)> =
        parents.iter().map(Vec::as_slice).zip(messages.iter().copied()).collect();
    lines(&commits)
}

#[test]
fn sections_in_their_order_breaking_changes_first() {
    assert_eq!(
        straight(&[
            "feat: a",
            "feat(api)!: b\n\nBREAKING CHANGE: call c instead",
            "fix: d (#7)",
            "fix!: e",
            "chore: f",
            "perf: g",
            "Set the version to 2.9.0\n\nMade by allclear at the cut; it changes Cargo.toml and nothing else.",
        ]),
        [
            "### Added",
            "- **Breaking:** **api:** b",
            "  - call c instead",
            "- a",
            "### Fixed",
            "- **Breaking:** e",
            "- d (#7)",
            "### Changed",
            "- g"
        ]
    );
}

#[test]
fn what_was_taken_back_never_happened() {
    let revert = |n: usize| format!("Revert \"x\"\n\nThis reverts commit {}.", id(n));
    assert_eq!(straight(&["feat: a", "feat: b", &revert(0)]), ["### Added", "- b"]);
    assert_eq!(straight(&["feat: a", &revert(0), &revert(1)]), ["### Added", "- a"]);
    assert_eq!(straight(&["feat: b", &revert(77)]), ["### Added", "- b", "### Changed", "- Revert \"x\""]);
    assert_eq!(straight(&["Add a (#1)", "Revert \"Add a (#1)\" (#2)"]), ["No notable changes."]);
    let (one, other) = (revert(0), format!("This reverts commit {}.", id(77)));
    assert_eq!(
        straight(&["feat: a", &format!("{one}\n{other}")]),
        ["### Added", "- a", "### Changed", "- Revert \"x\""]
    );
}

#[test]
fn a_request_is_one_change() {
    let request = "Merge pull request #12 from a/b\n\nAdd streams";
    let old = 999;
    let plain: &[(&[usize], &str)] =
        &[(&[old], "Fix a"), (&[old], "wip"), (&[1], "more"), (&[0, 2], request)];
    assert_eq!(lines(plain), ["### Added", "- Add streams (#12)", "### Fixed", "- Fix a"]);
    // Its commits say what they are, and the title does not.
    let precise: &[(&[usize], &str)] = &[(&[old], "fix: a"), (&[old], "feat: b"), (&[0, 1], request)];
    assert_eq!(lines(precise), ["### Added", "- b (#12)", "### Fixed", "- a"]);
    // What breaks is never lost behind a title.
    let breaking: &[(&[usize], &str)] =
        &[(&[old], "fix: a"), (&[old], "wip"), (&[1], "x"), (&[2], "drop!: b"), (&[0, 3], request)];
    assert_eq!(
        lines(breaking),
        [
            "### Changed",
            "- **Breaking:** **drop:** b (#12)",
            "### Added",
            "- Add streams (#12)",
            "### Fixed",
            "- a"
        ]
    );
    // A request within a request is part of it, and one below a plain merge is not.
    let inner = "Merge pull request #11 from a/c\n\nFix c";
    let nested: &[(&[usize], &str)] =
        &[(&[old], "Fix a"), (&[old], "w"), (&[old], "x"), (&[1, 2], inner), (&[0, 3], request)];
    assert_eq!(lines(nested), ["### Added", "- Add streams (#12)", "### Fixed", "- Fix a"]);
    let mut release = nested.to_vec();
    release.push((&[999, 4], "Merge branch 'release-2.9.0'"));
    assert_eq!(lines(&release), lines(nested));
}

#[test]
fn a_request_can_be_taken_back() {
    let request = "Merge pull request #12 from a/b\n\nAdd streams";
    let revert = format!("Revert \"Add streams\"\n\nThis reverts commit {}, reversing\nchanges.", id(2));
    let back = "Merge pull request #13 from a/revert-12\n\nRevert \"Add streams\"";
    let commits: &[(&[usize], &str)] =
        &[(&[99], "Fix a"), (&[99], "wip"), (&[0, 1], request), (&[2], &revert), (&[2, 3], back)];
    assert_eq!(lines(commits), ["### Fixed", "- Fix a"]);
}

#[test]
fn a_change_that_is_there_twice_is_said_once() {
    let commits: &[(&[usize], &str)] =
        &[(&[99], "fix: a"), (&[99], "fix: a (#3)"), (&[0, 1], "Merge branch 'x'")];
    let changelog = compose(&graph(commits), &id(2));
    let entries: Vec<&Entry> = changelog.entries().collect();
    assert_eq!((entries.len(), entries[0].commits.len(), entries[0].request.as_deref()), (1, 2, Some("#3")));
    assert_eq!((changelog.authors.len(), changelog.commits), (2, 2));
}

#[test]
fn a_limit_is_kept_and_the_rest_is_counted() {
    let messages: Vec<String> = (0..1000).map(|n| format!("feat: number {n}")).collect();
    let texts: Vec<&str> = messages.iter().map(String::as_str).collect();
    let parents: Vec<[usize; 1]> = (0..1000).map(|n: usize| [n.checked_sub(1).unwrap_or(9999)]).collect();
    let commits: Vec<(&[usize], &str)> = parents.iter().map(<[usize; 1]>::as_slice).zip(texts).collect();
    let body = compose(&graph(&commits), &id(999)).body(2000);
    let shown = body.lines().filter(|line| line.starts_with("- ")).count();
    assert!(body.len() < 2100 && shown > 50, "{body}");
    assert!(body.ends_with(&format!("\n… and {} more\n", 1000 - shown)), "{body}");
}

#[test]
fn a_huge_message_is_read_at_its_beginning() {
    let huge = format!("feat: {}\n\n{}", "x".repeat(4 << 20), "BREAKING CHANGE: x\n\nA: b\n".repeat(40_000));
    let text = straight(&[&huge, "\0", "\n\n\n"]).join("\n");
    assert!(text.len() < 2000, "{}", text.len());
}

/// Messages as strangers write them: markup, escapes, and the words that this module reads.
fn messages() -> impl Strategy<Value = String> {
    let words = prop_oneof![
        Just("feat: "),
        Just("fix(a)!: "),
        Just("Revert \""),
        Just("Merge pull request #1 from a/b\n\n"),
        Just("Merge branch 'x'\n\nSee merge request a!2"),
        Just("BREAKING CHANGE: "),
        Just(" (#12)"),
        Just("](http://x)"),
        Just("<b>"),
        Just("`"),
        Just("\\"),
        Just("*"),
        Just("_"),
        Just("\u{1b}[2J"),
        Just("\u{202e}"),
        Just("\u{2028}"),
        Just("\n"),
        Just("\r"),
        Just("&lt;"),
        Just("a"),
        Just(" "),
        Just("![i](j)"),
        Just("[x]: y"),
        Just("~~"),
        Just("|"),
        Just("$"),
        Just("# "),
        Just("1. "),
        Just("- "),
        Just("<http://x>"),
        Just("This reverts commit "),
        Just("[^1]"),
        Just("    "),
        Just("---"),
    ];
    prop::collection::vec(prop_oneof![4 => words.prop_map(str::to_owned), 1 => ".{0,5}"], 0..12)
        .prop_map(|w| w.concat())
}

proptest! {
    #[test]
    fn every_message_is_only_text(
        commits in prop::collection::vec((messages(), prop::collection::vec(0_usize..12, 0..3)), 1..12),
    ) {
        let parents: Vec<Vec<usize>> = commits
            .iter()
            .enumerate()
            .map(|(n, (_, back))| back.iter().map(|b| n.checked_sub(b + 1).unwrap_or(99)).collect())
            .collect();
        let commits: Vec<(&[usize], &str)> =
            parents.iter().map(Vec::as_slice).zip(commits.iter().map(|(m, _)| m.as_str())).collect();
        let text = compose(&graph(&commits), &id(commits.len() - 1)).markdown();
        prop_assert!(text.chars().all(|c| c == '\n' || crate::types::text::plain(&c.to_string()) == c.to_string()));
        prop_assert!(text.lines().all(|l| l.is_empty() || ["- ", "  - ", "## U", "### ", "No "].iter().any(|p| l.starts_with(p))), "{text}");
        let github = Options::ENABLE_TABLES
            | Options::ENABLE_FOOTNOTES
            | Options::ENABLE_STRIKETHROUGH
            | Options::ENABLE_TASKLISTS
            | Options::ENABLE_MATH
            | Options::ENABLE_GFM;
        for event in Parser::new_ext(&text, github) {
            let is_block = |tag: &Tag<'_>| {
                let heading = matches!(tag, Tag::Heading { level: HeadingLevel::H2 | HeadingLevel::H3, .. });
                heading || *tag == Tag::List(None) || matches!(tag, Tag::Item | Tag::Strong | Tag::Paragraph)
            };
            let is_text = matches!(event, Event::End(_) | Event::Text(_) | Event::Code(_));
            let fine = is_text || matches!(&event, Event::Start(tag) if is_block(tag));
            prop_assert!(fine, "{event:?} in {text}");
        }
    }
}
