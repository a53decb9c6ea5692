//! Reads what one message says of its change.

use super::kind::{Kind, MADE_AT_THE_CUT};
use crate::types::object_id::CommitId;
use crate::types::text::{plain, short};
use crate::types::version::Version;
use git_conventional::Commit;

/// How much of a message is read: types stand in the first line, footers soon after.
const HEAD: usize = 64 * 1024;
/// The longest text of an entry, in characters.
const TEXT: usize = 200;
/// The longest word before a colon that is taken for a component, in characters.
const COMPONENT: usize = 40;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reading {
    /// Its section; `None` where it changes nothing for users.
    pub(super) kind: Option<Kind>,
    /// Whether a Conventional Commit type says so.
    pub(super) typed: bool,
    pub(super) scope: Option<String>,
    pub(super) text: String,
    pub(super) breaking: bool,
    /// What the footer says of what breaks.
    pub(super) note: Option<String>,
    /// The pull or merge request, `#12` or `!12`.
    pub(super) request: Option<String>,
}

type Typed = (&'static str, Option<Kind>);

/// Types of Conventional Commits 1.0.0 and those that it recommends, with their common spellings, and words
/// that projects put before a colon in the same sense. `None`: nothing that users meet.
const TYPES: &[Typed] = &[
    ("feat", Some(Kind::Added)),
    ("feature", Some(Kind::Added)),
    ("fix", Some(Kind::Fixed)),
    ("bugfix", Some(Kind::Fixed)),
    ("hotfix", Some(Kind::Fixed)),
    ("perf", Some(Kind::Changed)),
    ("revert", Some(Kind::Changed)),
    ("deprecate", Some(Kind::Deprecated)),
    ("deprecated", Some(Kind::Deprecated)),
    ("remove", Some(Kind::Removed)),
    ("removed", Some(Kind::Removed)),
    ("security", Some(Kind::Security)),
    ("build", None),
    ("changelog", None),
    ("chore", None),
    ("ci", None),
    ("deps", None),
    ("doc", None),
    ("docs", None),
    ("lint", None),
    ("readme", None),
    ("refactor", None),
    ("style", None),
    ("test", None),
    ("tests", None),
];

/// First words of plain subjects. Any other word is a change.
const VERBS: &[(&str, Kind)] = &[
    ("add", Kind::Added),
    ("added", Kind::Added),
    ("adding", Kind::Added),
    ("adds", Kind::Added),
    ("allow", Kind::Added),
    ("enable", Kind::Added),
    ("feat", Kind::Added),
    ("feature", Kind::Added),
    ("implement", Kind::Added),
    ("implemented", Kind::Added),
    ("introduce", Kind::Added),
    ("new", Kind::Added),
    ("support", Kind::Added),
    ("deprecate", Kind::Deprecated),
    ("deprecated", Kind::Deprecated),
    ("deprecates", Kind::Deprecated),
    ("delete", Kind::Removed),
    ("deleted", Kind::Removed),
    ("drop", Kind::Removed),
    ("dropped", Kind::Removed),
    ("remove", Kind::Removed),
    ("removed", Kind::Removed),
    ("removes", Kind::Removed),
    ("bugfix", Kind::Fixed),
    ("correct", Kind::Fixed),
    ("fix", Kind::Fixed),
    ("fixed", Kind::Fixed),
    ("fixes", Kind::Fixed),
    ("fixing", Kind::Fixed),
    ("prevent", Kind::Fixed),
    ("repair", Kind::Fixed),
    ("resolve", Kind::Fixed),
    ("resolved", Kind::Fixed),
];

/// Words around a version in the subject of a commit that only numbers a release.
const NUMBERING: &[&str] = &[
    "bump",
    "changelog",
    "cut",
    "for",
    "prepare",
    "release",
    "set",
    "tag",
    "the",
    "to",
    "update",
    "version",
];

/// Reads the message of a commit, or of a merge whose title was put in its first line.
pub(super) fn read(message: &str) -> Reading {
    let message = head(message).trim();
    let (subject, asked) = without_request(subject(message));
    let request = asked.or_else(|| gitlab_request(message));
    let footer = breaking_footer(message);
    // The grammar is asked about the subject alone: a body that breaks the rules leaves it as it is.
    let parsed = Commit::parse(subject).ok().filter(|commit| is_header(commit));
    let typed = parsed.as_ref().and_then(|commit| {
        let word = commit.type_().as_str().to_ascii_lowercase();
        TYPES.iter().find(|(known, _)| *known == word)
    });
    let breaking = footer.is_some() || parsed.as_ref().is_some_and(Commit::breaking);
    let (scope, text) = match (&parsed, typed) {
        (Some(commit), Some((word, _))) => {
            let text = commit.description();
            let text = if *word == "revert" { format!("Revert \"{text}\"") } else { text.to_owned() };
            (commit.scope().map(|scope| scope.as_str().to_owned()), text)
        }
        (Some(commit), None) if commit.type_() == "wip" => (None, commit.description().to_owned()),
        (Some(commit), None) => {
            let component = commit.type_().as_str();
            let scope = commit.scope().map_or_else(|| component.to_owned(), |s| format!("{component}({s})"));
            (Some(scope), commit.description().to_owned())
        }
        (None, _) => (None, subject.to_owned()),
    };
    let kind = kind(typed, subject, &text, breaking);
    Reading {
        kind,
        typed: typed.is_some(),
        scope: scope.map(|scope| shown(&scope, COMPONENT)).filter(|scope| !scope.is_empty()),
        text: shown(&text, TEXT),
        breaking,
        note: footer.map(|note| shown(note, TEXT)).filter(|note| !note.is_empty()),
        request,
    }
}

/// Gives the message that a merge of a pull or merge request stands for: its title, and what is below it.
/// `None` for any other merge, which says nothing of its own.
pub(super) fn request_of_merge(message: &str) -> Option<(String, Option<String>)> {
    let message = head(message).trim();
    let (subject, body) = message.split_once('\n').unwrap_or((message, ""));
    let (subject, body) = (subject.trim(), body.trim());
    let titled = |number: Option<String>| (!body.is_empty()).then(|| (body.to_owned(), number));
    if let Some(rest) = subject.strip_prefix("Merge pull request #") {
        return titled(number('#', rest));
    }
    if let Some(rest) = subject.strip_prefix("Merge pull request '") {
        // Gitea and Forgejo: Merge pull request 'Title' (#12) from a/b into master.
        let (title, rest) = rest.rsplit_once("' (")?;
        return Some((format!("{title}\n\n{body}"), rest.strip_prefix('#').and_then(|n| number('#', n))));
    }
    if let Some(rest) = subject.strip_prefix("Merged PR ") {
        let (n, title) = rest.split_once(": ")?;
        return Some((format!("{title}\n\n{body}"), number('#', n)));
    }
    if subject.starts_with("Merged in ") {
        let n = subject.rsplit_once("(pull request #").and_then(|(_, n)| number('#', n));
        return titled(n);
    }
    let gitlab = gitlab_request(message)?;
    let is_title = |line: &&str| !line.is_empty() && !line.starts_with("See merge request ");
    let title = body.lines().map(str::trim).find(is_title)?;
    Some((format!("{title}\n\n{body}"), Some(gitlab)))
}

/// Lists what `git revert` says that a commit takes back.
pub(super) fn reverted(message: &str) -> Vec<CommitId> {
    let rests = head(message).split("This reverts commit ").skip(1);
    rests
        .filter_map(|rest| {
            let id: String = rest.chars().take_while(char::is_ascii_hexdigit).take(64).collect();
            CommitId::parse(&id).ok()
        })
        .collect()
}

/// Gives the first line, as a revert by title quotes it.
pub(super) fn subject(message: &str) -> &str {
    head(message).trim_start().split(['\n', '\r']).next().unwrap_or_default().trim()
}

/// Gives the title that `Revert "Title"` takes back, where no commit is named.
pub(super) fn reverted_title(message: &str) -> Option<&str> {
    let (subject, _) = without_request(subject(message));
    subject.strip_prefix("Revert \"")?.strip_suffix('"')
}

pub(super) fn is_of_a_cut(message: &str) -> bool {
    message.lines().skip(1).any(|line| line.starts_with(MADE_AT_THE_CUT))
}

fn kind(typed: Option<&Typed>, subject: &str, text: &str, breaking: bool) -> Option<Kind> {
    if subject.contains("CVE-") || subject.contains("GHSA-") {
        return Some(Kind::Security);
    }
    let verb = verb(text);
    match typed {
        Some((_, Some(Kind::Added | Kind::Changed))) if matches!(verb, Kind::Removed | Kind::Deprecated) => {
            Some(verb)
        }
        Some((_, Some(kind))) => Some(*kind),
        Some((_, None)) if breaking && verb == Kind::Removed => Some(Kind::Removed),
        Some((_, None)) => breaking.then_some(Kind::Changed),
        None if is_meaningless(subject) && !breaking => None,
        None => Some(verb),
    }
}

fn verb(text: &str) -> Kind {
    let start = text.trim_start_matches(|c: char| !c.is_alphanumeric());
    let word: String = start.chars().take_while(|c| c.is_alphabetic()).take(20).collect();
    let word = word.to_lowercase();
    VERBS.iter().find(|(known, _)| *known == word).map_or(Kind::Changed, |(_, kind)| *kind)
}

/// Tells whether a subject says nothing: none at all, corrections to be squashed, mere numbering, and what a forge
/// writes by itself for an edit of a text or a setting (`Update README.md`).
fn is_meaningless(subject: &str) -> bool {
    if subject.is_empty() || ["fixup! ", "squash! ", "amend! "].iter().any(|p| subject.starts_with(p)) {
        return true;
    }
    if let [verb, file] = subject.split_whitespace().collect::<Vec<_>>()[..]
        && ["Create", "Delete", "Update"].contains(&verb)
        && [".md", ".rst", ".yml", ".yaml"].iter().any(|end| file.ends_with(end))
    {
        return true;
    }
    let mut words = subject
        .split_whitespace()
        .map(|word| word.trim_end_matches([':', '.']))
        .filter(|word| !NUMBERING.contains(&word.to_ascii_lowercase().as_str()));
    words.next().is_some_and(is_numbered) && words.next().is_none()
}

/// Recognises `1.2.3`, `v1.2.3-rc.1` and `name-1.2.3`.
fn is_numbered(word: &str) -> bool {
    let Some(start) = word.find(|c: char| c.is_ascii_digit()) else { return false };
    let starts = word.match_indices(['-', '@', '/']).map(|(at, _)| at + 1).chain([start]);
    starts.into_iter().any(|at| {
        let rest = word[at..].trim_start_matches('v');
        Version::parse(rest.split(['-', '+']).next().unwrap_or_default()).is_ok()
    })
}

/// Tells `type: text` and `path/of/component: text` from other uses of a colon.
fn is_header(commit: &Commit<'_>) -> bool {
    let word = commit.type_();
    let fits = |c: char| c.is_alphanumeric() || "_-./+,{}*&@".contains(c);
    let text = commit.description();
    word.as_str().chars().count() <= COMPONENT
        && word.as_str().chars().all(fits)
        && !text.starts_with("//")
        && !text.trim().is_empty()
}

/// Takes `(#12)` off the end of a subject; several are taken, and the last one counts.
fn without_request(subject: &str) -> (&str, Option<String>) {
    let subject = subject
        .strip_prefix("Merged PR ")
        .and_then(|rest| rest.split_once(": "))
        .map_or((subject, None), |(n, title)| number('#', n).map_or((subject, None), |n| (title, Some(n))));
    let (mut text, mut request) = subject;
    while let Some((before, n)) = text.strip_suffix(')').and_then(|rest| rest.rsplit_once(" (")) {
        let found = match n.chars().next() {
            Some(sign @ ('#' | '!')) => number(sign, &n[1..]).filter(|found| found.len() == n.len()),
            Some(_) | None => None,
        };
        let Some(found) = found else { break };
        request = request.or(Some(found));
        text = before.trim_end();
    }
    (text, request)
}

/// Reads GitLab's `See merge request group/project!12`.
fn gitlab_request(message: &str) -> Option<String> {
    let line = message.lines().find_map(|line| line.trim().strip_prefix("See merge request "))?;
    number('!', line.rsplit_once('!')?.1)
}

fn number(sign: char, text: &str) -> Option<String> {
    let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
    (1..=10).contains(&digits.len()).then(|| format!("{sign}{digits}"))
}

fn breaking_footer(message: &str) -> Option<&str> {
    let tokens = ["BREAKING CHANGE:", "BREAKING-CHANGE:"];
    message.lines().skip(1).find_map(|line| tokens.iter().find_map(|token| line.strip_prefix(token)))
}

/// Makes untrusted text safe to show, on one line.
fn shown(text: &str, width: usize) -> String {
    short(plain(text).trim(), width)
}

fn head(message: &str) -> &str {
    let mut end = message.len().min(HEAD);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    &message[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subjects_find_their_section() {
        let table: &[(&str, Option<Kind>, &str)] = &[
            ("feat: streams", Some(Kind::Added), "streams"),
            ("FEAT(api): streams", Some(Kind::Added), "api: streams"),
            ("fix(client)!: lazy dial (#12)", Some(Kind::Fixed), "client: lazy dial #12 !"),
            ("perf: half the time", Some(Kind::Changed), "half the time"),
            ("feat!: remove v1", Some(Kind::Removed), "remove v1 !"),
            ("feat: deprecate v1", Some(Kind::Deprecated), "deprecate v1"),
            ("refactor!: drop v1", Some(Kind::Removed), "drop v1 !"),
            ("chore: tidy", None, "tidy"),
            ("chore: tidy\n\nBREAKING CHANGE: all of it", Some(Kind::Changed), "tidy ! (all of it)"),
            ("fix: bump x for CVE-2021-3013", Some(Kind::Security), "bump x for CVE-2021-3013"),
            ("revert: feat: streams", Some(Kind::Changed), "Revert \"feat: streams\""),
            (
                "Fix regex detection. Fixes #1663 (#1696)",
                Some(Kind::Fixed),
                "Fix regex detection. Fixes #1663 #1696",
            ),
            ("fix: a (#4858) (#4867)", Some(Kind::Fixed), "a #4867"),
            ("ignore/types: add Lean", Some(Kind::Added), "ignore/types: add Lean"),
            ("net/http: fix a leak", Some(Kind::Fixed), "net/http: fix a leak"),
            ("https://example.org/x", Some(Kind::Changed), "https://example.org/x"),
            ("[fix] etcd prefix", Some(Kind::Fixed), "[fix] etcd prefix"),
            ("Sigterm instead of Sigkill (#1687)", Some(Kind::Changed), "Sigterm instead of Sigkill #1687"),
            ("Note: read this (carefully)", Some(Kind::Changed), "Note: read this (carefully)"),
            ("Merged PR 12: Add streams", Some(Kind::Added), "Add streams #12"),
            ("Add streams\n\nSee merge request a/b!34", Some(Kind::Added), "Add streams !34"),
            ("grep-0.4.0", None, "grep-0.4.0"),
            ("Bump version to v2.9.0-rc.1", None, "Bump version to v2.9.0-rc.1"),
            ("Release 15.0.0", None, "Release 15.0.0"),
            ("Bump lodash from 4.1.0 to 4.2.0", Some(Kind::Changed), "Bump lodash from 4.1.0 to 4.2.0"),
            ("WIP: Add streams", Some(Kind::Added), "Add streams"),
            ("Update README.md (#1695)", None, "Update README.md #1695"),
            ("Update config.go", Some(Kind::Changed), "Update config.go"),
            ("fixup! feat: streams", None, "fixup! feat: streams"),
            ("", None, ""),
        ];
        for (message, kind, expected) in table {
            let said = read(message);
            let scope = said.scope.map(|scope| format!("{scope}: ")).unwrap_or_default();
            let request = said.request.map(|n| format!(" {n}")).unwrap_or_default();
            let breaking = if said.breaking { " !" } else { "" };
            let note = said.note.map(|note| format!(" ({note})")).unwrap_or_default();
            let shown = format!("{scope}{}{request}{breaking}{note}", said.text);
            assert_eq!((said.kind, shown.as_str()), (*kind, *expected), "{message:?}");
        }
    }

    #[test]
    fn merges_have_the_titles_of_their_requests() {
        let table: &[(&str, Option<(&str, &str)>)] = &[
            ("Merge pull request #12 from a/b\n\nAdd streams\n\nmore", Some(("Add streams", "#12"))),
            ("Merge pull request #12 from a/b", None),
            ("Merge pull request 'Add streams' (#12) from a/b into main", Some(("Add streams", "#12"))),
            (
                "Merge branch 'b' into 'main'\n\nAdd streams\n\nSee merge request a/b!12",
                Some(("Add streams", "!12")),
            ),
            ("Merge branch 'b'\n\nSee merge request a/b!12", None),
            ("Merged in b (pull request #12)\n\nAdd streams", Some(("Add streams", "#12"))),
            ("Merge branch 'release-2.9.0'\n\nAllclear-Operation: 0011223344556677", None),
            ("Merge tag 'v2.9.0' into develop", None),
        ];
        for (message, expected) in table {
            let found = request_of_merge(message);
            let found = found.as_ref().map(|(text, n)| (subject(text), n.as_deref().unwrap_or_default()));
            assert_eq!(found, *expected, "{message:?}");
        }
    }

    #[test]
    fn a_revert_names_what_it_takes_back() {
        let id = "0123456789012345678901234567890123456789";
        assert_eq!(reverted(&format!("Revert \"x\"\n\nThis reverts commit {id}.")).len(), 1);
        assert_eq!(
            reverted(&format!("Revert two\n\nThis reverts commit {id}.\nThis reverts commit {id}.")).len(),
            2
        );
        assert_eq!(reverted("This reverts commit 0123456."), []);
        assert_eq!(reverted_title("Revert \"Add streams (#12)\" (#13)"), Some("Add streams (#12)"));
    }
}
