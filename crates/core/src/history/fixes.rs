//! Tells fixes from everything else.

use crate::policy::Fixes;
use crate::policy::model::Unclassified;
use crate::types::object_id::CommitId;
use crate::types::text::{list, short};
use git_conventional::Commit;
use serde::{Deserialize, Serialize};

/// A commit on a candidate, with its class.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClassedCommit {
    /// The commit.
    pub id: CommitId,
    /// Its first line, made safe to show.
    pub subject: String,
    /// Its author as the commit claims, made safe to show.
    pub author: String,
    /// The commit it says it was picked from, as `git cherry-pick -x` writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picked: Option<CommitId>,
    /// Whether it is a merge, which `git revert` does not take back.
    pub merge: bool,
    /// Its class.
    pub class: Class,
    /// Why it has that class, for people.
    pub why: String,
}

/// What a commit is to a candidate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Welcome.
    Fix,
    /// Not welcome.
    NotAFix,
    /// Nothing says what it is.
    Unclassified,
}

/// What is known of a commit before it is classed.
#[derive(Debug, Clone)]
pub struct CommitSeen<'a> {
    /// The whole message.
    pub message: &'a str,
    /// The paths it changes; `None` where they were not asked for. Those of a merge are in [`Merge::WithChanges`].
    pub paths: Option<&'a [String]>,
    /// The subject of a commit on develop with the same patch that is a fix there.
    pub twin: Option<&'a str>,
    /// What it is as a merge.
    pub merge: Merge,
    /// Whether a later commit of the candidate takes exactly this change back, or it is that commit.
    pub undone: bool,
}

/// What a commit is as a merge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Merge {
    /// It has one parent.
    No,
    /// Its tree is what git's own merge of its parents gives: only what it brings counts.
    Plain,
    /// It brings stable to the candidate, and differs from git's own merge in conflicting paths alone: always
    /// allowed.
    OfStable {
        /// The paths whose conflicts were resolved.
        resolved: Vec<String>,
    },
    /// Its tree has changes of its own.
    WithChanges {
        /// The paths that differ from git's own merge.
        paths: Vec<String>,
    },
    /// Git cannot merge its parents again: they are more than two, or have no common history.
    Unrepeatable,
}

/// How many paths of a merge are named.
const NAMED: usize = 5;

/// Classes one commit.
pub fn classify(fixes: &Fixes, seen: &CommitSeen<'_>) -> (Class, String) {
    if seen.merge == Merge::Plain {
        return (Class::Fix, "a merge; what it brings is judged commit by commit".into());
    }
    if let Merge::OfStable { resolved } = &seen.merge {
        let why = match &resolved[..] {
            [] => "a merge of stable".into(),
            paths => format!("a merge of stable, with conflicts resolved in {}", named(paths)),
        };
        return (Class::Fix, why);
    }
    if seen.undone {
        return (Class::Fix, "taken back on the candidate, change for change".into());
    }
    if let Some(twin) = seen.twin {
        return (Class::Fix, format!("the same patch is a fix on develop: {}", short(twin, 60)));
    }
    let paths = match &seen.merge {
        Merge::WithChanges { paths } => Some(&paths[..]),
        Merge::Unrepeatable => None,
        Merge::No | Merge::Plain | Merge::OfStable { .. } => seen.paths,
    };
    if let Some(paths) = paths.filter(|p| !p.is_empty() && !fixes.paths.is_empty())
        && paths.iter().all(|path| fixes.paths.iter().any(|glob| matches(glob, path)))
    {
        return (Class::Fix, "it touches nothing but fixes.paths".into());
    }
    // Changes of a merge's own are in no subject, so no subject can class them.
    match &seen.merge {
        Merge::WithChanges { paths } => {
            let why = format!("a merge that differs from git's own merge in {}", named(paths));
            (Class::Unclassified, why)
        }
        Merge::Unrepeatable => {
            let why = "a merge that git cannot make again (more than two parents, or no common history), so that its own changes are not known";
            (Class::Unclassified, why.into())
        }
        Merge::No | Merge::Plain | Merge::OfStable { .. } => by_type(fixes, seen.message),
    }
}

fn named(paths: &[String]) -> String {
    let mut names: Vec<String> = paths.iter().take(NAMED).map(|path| short(path, 60)).collect();
    names.extend((paths.len() > NAMED).then(|| format!("{} more", paths.len() - NAMED)));
    list(&names)
}

fn by_type(fixes: &Fixes, message: &str) -> (Class, String) {
    // Only the head of a huge message is read; types stand in the first line, `BREAKING CHANGE` in a footer.
    let head: String = message.chars().take(64 * 1024).collect();
    let Ok(commit) = Commit::parse(head.trim_end()) else {
        return (Class::Unclassified, "unclassified: its message does not say what it is".into());
    };
    let kind = commit.type_().as_str().to_ascii_lowercase();
    if commit.breaking() {
        (Class::NotAFix, "breaking change".into())
    } else if fixes.types.contains(&kind) {
        (Class::Fix, format!("type `{}`", short(&kind, 20)))
    } else if kind == "feat" || kind == "feature" {
        (Class::NotAFix, "feature".into())
    } else {
        (Class::Unclassified, format!("type `{}` is not in fixes.types", short(&kind, 20)))
    }
}

/// Reads `This reverts commit <id>.` as `git revert` writes it.
pub fn revert_of(message: &str) -> Option<CommitId> {
    let rest = message.split("This reverts commit ").nth(1)?;
    let id: String = rest.chars().take_while(char::is_ascii_hexdigit).take(64).collect();
    CommitId::parse(&id).ok()
}

fn matches(glob: &str, path: &str) -> bool {
    globset::GlobBuilder::new(glob)
        .literal_separator(true)
        .build()
        .is_ok_and(|glob| glob.compile_matcher().is_match(path))
}

/// Tells whether a commit of this class may come on board.
pub fn is_welcome(class: Class, fixes: &Fixes) -> bool {
    match class {
        Class::Fix => true,
        Class::NotAFix => false,
        Class::Unclassified => fixes.unclassified == Unclassified::Allow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Unclassified;

    fn fixes() -> Fixes {
        Fixes {
            types: vec!["fix".into(), "revert".into()],
            paths: vec!["docs/**".into()],
            unclassified: Unclassified::Block,
        }
    }

    fn class(message: &str, paths: &[&str]) -> Class {
        let paths: Vec<String> = paths.iter().map(|&p| p.into()).collect();
        let seen = CommitSeen { message, paths: Some(&paths), twin: None, merge: Merge::No, undone: false };
        classify(&fixes(), &seen).0
    }

    #[test]
    fn types_paths_and_silence() {
        assert_eq!(class("fix: lazy dial", &["a.rs"]), Class::Fix);
        assert_eq!(class("FIX(client): lazy dial\n\nbody", &["a.rs"]), Class::Fix);
        assert_eq!(class("fix!: drop v1", &["a.rs"]), Class::NotAFix);
        assert_eq!(class("fix: x\n\nBREAKING CHANGE: y", &["a.rs"]), Class::NotAFix);
        assert_eq!(class("feat: streams", &["a.rs"]), Class::NotAFix);
        assert_eq!(class("refactor: streams", &["a.rs"]), Class::Unclassified);
        assert_eq!(class("tidy up", &["a.rs"]), Class::Unclassified);
        assert_eq!(class("tidy up", &["docs/a.md", "docs/x/b.md"]), Class::Fix);
        assert_eq!(class("tidy up", &["docs/a.md", "a.rs"]), Class::Unclassified);
        assert_eq!(class("tidy up", &[]), Class::Unclassified);
    }

    #[test]
    fn hostile_messages_are_only_text() {
        let huge = format!("fix: {}", "x".repeat(10 << 20));
        assert_eq!(class(&huge, &[]), Class::Fix);
        assert_eq!(class("\0\u{1b}[2J", &[]), Class::Unclassified);
        assert_eq!(class("", &[]), Class::Unclassified);
    }

    #[test]
    fn a_merge_with_changes_is_not_waved_through() {
        let seen = CommitSeen {
            message: "Merge branch 'develop'",
            paths: None,
            twin: None,
            merge: Merge::Unrepeatable,
            undone: false,
        };
        let class = |merge: Merge| classify(&fixes(), &CommitSeen { merge, ..seen.clone() });
        let paths = |paths: &[&str]| paths.iter().map(|&path| path.to_owned()).collect::<Vec<_>>();
        let fix = |why: &str| (Class::Fix, why.to_owned());
        assert_eq!(class(Merge::Unrepeatable).0, Class::Unclassified);
        assert_eq!(class(Merge::Plain).0, Class::Fix);
        assert_eq!(class(Merge::OfStable { resolved: paths(&[]) }), fix("a merge of stable"));
        assert_eq!(
            class(Merge::OfStable { resolved: paths(&["a.rs", "b.rs"]) }),
            fix("a merge of stable, with conflicts resolved in a.rs and b.rs")
        );
        assert_eq!(
            class(Merge::WithChanges { paths: paths(&["a\n", "b", "c", "d", "e", "f", "g"]) }),
            (
                Class::Unclassified,
                "a merge that differs from git's own merge in a\u{fffd}, b, c, d, e and 2 more".into()
            )
        );
        let docs = Merge::WithChanges { paths: paths(&["docs/a.md"]) };
        assert_eq!(class(docs), fix("it touches nothing but fixes.paths"));
    }
}
