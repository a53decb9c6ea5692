//! Chooses the next version from what changed.
//!
//! Where the history uses Conventional Commits 1.0.0, the largest change decides as its item 16
//! relates it to Semantic Versioning 2.0.0: breaking → major, `feat` → minor, all else → patch.
//! Where it does not, the policy's default bump stands.

use crate::types::text::{count, list, short};
use crate::types::version::{Bump, Version};
use git_conventional::{Commit, Type};

/// One commit since the last release.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Change<'a> {
    /// The whole message, as its author wrote it.
    pub message: &'a str,
    /// Whether it is a merge, whose message does not count.
    pub merge: bool,
}

/// The version chosen, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// The version.
    pub version: Version,
    /// How far it moves.
    pub bump: Bump,
    /// Why, in sentences for people.
    pub reasons: Vec<String>,
}

/// Types that mark a message as Conventional: those of the specification (`feat`, `fix`) and those it
/// recommends from the Angular convention. Any other word before a colon is more likely a component
/// (`net/http: …`) or a link (`https://…`).
const TYPES: [&str; 11] =
    ["feat", "fix", "build", "chore", "ci", "docs", "perf", "refactor", "revert", "style", "test"];

/// Chooses the version after `last` that is above every version in `taken` (released and open ones) and
/// none of `withdrawn`.
/// At least half of the commits that are not merges must be Conventional for their types to count.
/// The first version of all is 0.1.0.
pub fn choose<'a>(
    last: Option<Version>,
    taken: &[Version],
    withdrawn: &[Version],
    changes: impl Iterator<Item = Change<'a>>,
    default: Bump,
) -> Choice {
    let mut total = 0;
    let mut conventional = 0;
    let mut largest: Option<(Bump, &str)> = None;
    for change in changes.filter(|change| !change.merge) {
        total += 1;
        if let Some(bump) = stated_bump(change.message) {
            conventional += 1;
            if largest.is_none_or(|(before, _)| bump > before) {
                largest = Some((bump, change.message));
            }
        }
    }

    let mut reasons = Vec::new();
    let of = format!("{conventional} of {} {}", count(total, "commit"), are(conventional));
    let bump = match largest {
        Some((bump, message)) if speaks(conventional, total) => {
            let subject = short(message.lines().next().unwrap_or_default(), 72);
            reasons.push(format!("{of} Conventional; the largest change is {}: `{subject}`.", named(bump)));
            bump
        }
        Some(_) | None if total == 0 => {
            reasons.push(format!(
                "There are no commits to judge, so the policy's default counts: a {}.",
                word(default)
            ));
            default
        }
        Some(_) | None => {
            reasons.push(format!(
                "Only {of} Conventional, so the policy's default counts: a {}.",
                word(default)
            ));
            default
        }
    };

    let version = match (last, taken.iter().max()) {
        (None, None) => {
            reasons.push("Nothing is released yet, so this is 0.1.0.".into());
            Version::new(0, 1, 0)
        }
        (last, highest) => {
            let first = last.map_or(Version::new(0, 1, 0), |last| raised(last, bump));
            match highest {
                Some(&highest) if highest >= first => {
                    let version = raised(highest, bump);
                    reasons.push(format!("{highest} is already taken, so this is {version}."));
                    version
                }
                Some(_) | None => first,
            }
        }
    };
    let version = past(version, bump, withdrawn, "was withdrawn", &mut reasons);
    Choice { version, bump, reasons }
}

/// Chooses the version of a hotfix: the first patch of `last` that is neither taken nor withdrawn.
pub fn choose_hotfix(last: Version, taken: &[Version], withdrawn: &[Version]) -> Choice {
    let mut reasons = vec![format!("A hotfix is a patch of the last release {last}.")];
    let gone: Vec<Version> = taken.iter().chain(withdrawn).copied().collect();
    let version = past(raised(last, Bump::Patch), Bump::Patch, &gone, "is used up", &mut reasons);
    Choice { version, bump: Bump::Patch, reasons }
}

/// Skips versions that are taken.
fn past(mut version: Version, bump: Bump, gone: &[Version], why: &str, reasons: &mut Vec<String>) -> Version {
    let first = version;
    while gone.contains(&version) && raised(version, bump) > version {
        version = raised(version, bump);
    }
    if version != first {
        reasons.push(format!("{first} {why}, and no number is used twice."));
    }
    version
}

/// Counts the messages that are Conventional, and all of them.
pub fn conventional_share<'a>(messages: impl IntoIterator<Item = &'a str>) -> (usize, usize) {
    messages.into_iter().fold((0, 0), |(conventional, total), message| {
        (conventional + usize::from(stated_bump(message).is_some()), total + 1)
    })
}

/// Reads the bump that a Conventional message states; `None` for any other message.
fn stated_bump(message: &str) -> Option<Bump> {
    let subject = message.lines().next()?;
    let whole = Commit::parse(message);
    // A body that breaks the rules (no blank line before it, say) leaves the subject as it is.
    let loose = whole.is_err();
    let commit = whole.or_else(|_| Commit::parse(subject)).ok()?;
    let footer = |line: &str| line.starts_with("BREAKING CHANGE:") || line.starts_with("BREAKING-CHANGE:");
    let breaking = commit.breaking() || (loose && message.lines().any(footer));
    if !TYPES.iter().any(|known| commit.type_() == *known) {
        return None;
    }
    Some(if breaking {
        Bump::Major
    } else if commit.type_() == Type::FEAT {
        Bump::Minor
    } else {
        Bump::Patch
    })
}

fn speaks(conventional: usize, total: usize) -> bool {
    conventional * 2 >= total
}

/// Bumps, and takes the next larger (then smaller) step where a number would
/// leave the range of versions.
fn raised(version: Version, bump: Bump) -> Version {
    let steps = [bump, Bump::Minor, Bump::Major, Bump::Patch].map(|bump| version.bumped(bump));
    let leap = Version::new(version.major + 1, 0, 0);
    let fits = |v: &Version| Version::parse(&v.to_string()).is_ok();
    steps.into_iter().chain([leap]).find(fits).unwrap_or(version)
}

fn are(n: usize) -> &'static str {
    if n == 1 { "is" } else { "are" }
}

fn named(bump: Bump) -> &'static str {
    match bump {
        Bump::Major => "breaking",
        Bump::Minor => "a feature",
        Bump::Patch => "neither a feature nor breaking",
    }
}

fn word(bump: Bump) -> &'static str {
    match bump {
        Bump::Major => "major release",
        Bump::Minor => "minor release",
        Bump::Patch => "patch release",
    }
}

/// Tells why a version cannot be cut.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadChoice {
    /// It is released.
    #[error("{0} is already released; a released version never changes, choose a higher one")]
    Released(Version),
    /// It was withdrawn.
    #[error("{0} was withdrawn, and its number is never used again; choose another")]
    Withdrawn(Version),
    /// It has a candidate.
    #[error("{0} is already open; work on that candidate, or choose a higher version")]
    Open(Version),
    /// It is below the last release.
    #[error("{wanted} is lower than the last release {last}; choose a version above {last}")]
    BelowLast {
        /// What was asked for.
        wanted: Version,
        /// The last release.
        last: Version,
    },
    /// It would be released after a higher version that has a candidate.
    #[error("{wanted} is lower than {}, which {} open; choose a version above {highest}", list(&texts(.open)), are(.open.len()))]
    BelowOpen {
        /// What was asked for.
        wanted: Version,
        /// The open versions above it, in order.
        open: Vec<Version>,
        /// The highest of them.
        highest: Version,
    },
    /// A hotfix that would leave open candidates behind.
    #[error("{wanted} is higher than {}, which {} open and could never be released after it", list(&texts(.open)), are(.open.len()))]
    Overtakes {
        /// What was asked for.
        wanted: Version,
        /// The open versions below it, in order.
        open: Vec<Version>,
    },
}

/// The versions that a new one must not collide with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Taken {
    /// The last release.
    pub last: Option<Version>,
    /// All that are released.
    pub released: Vec<Version>,
    /// All that have a candidate.
    pub open: Vec<Version>,
    /// All that were withdrawn.
    pub withdrawn: Vec<Version>,
}

fn texts(versions: &[Version]) -> Vec<String> {
    versions.iter().map(ToString::to_string).collect()
}

/// Checks a version that a person asked for.
pub fn check(wanted: Version, taken: &Taken) -> Result<(), BadChoice> {
    free(wanted, taken)?;
    let mut above: Vec<Version> = taken.open.iter().copied().filter(|&other| wanted < other).collect();
    above.sort_unstable();
    match above.last() {
        Some(&highest) => Err(BadChoice::BelowOpen { wanted, open: above, highest }),
        None => Ok(()),
    }
}

/// Checks the version of a hotfix. It is released before the open candidates of the train, and so
/// must be below each of them.
pub fn check_hotfix(wanted: Version, taken: &Taken, train: &[Version]) -> Result<(), BadChoice> {
    free(wanted, taken)?;
    let mut open: Vec<Version> = train.iter().copied().filter(|&other| other < wanted).collect();
    open.sort_unstable();
    if open.is_empty() { Ok(()) } else { Err(BadChoice::Overtakes { wanted, open }) }
}

fn free(wanted: Version, taken: &Taken) -> Result<(), BadChoice> {
    if taken.released.contains(&wanted) || taken.last == Some(wanted) {
        return Err(BadChoice::Released(wanted));
    }
    if taken.withdrawn.contains(&wanted) {
        return Err(BadChoice::Withdrawn(wanted));
    }
    if taken.open.contains(&wanted) {
        return Err(BadChoice::Open(wanted));
    }
    match taken.last.filter(|&last| wanted < last) {
        Some(last) => Err(BadChoice::BelowLast { wanted, last }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const V: fn(u64, u64, u64) -> Version = Version::new;

    fn chosen(last: Option<Version>, taken: &[Version], messages: &[&str]) -> Choice {
        let changes = messages.iter().map(|message| Change { message, merge: message.starts_with("Merge ") });
        choose(last, taken, &[], changes, Bump::Minor)
    }

    #[test]
    fn the_largest_change_decides() {
        let table: [(&[&str], Version); 12] = [
            (&["fix: a", "docs: b", "perf(core): c"], V(2, 8, 2)),
            (&["fix: a", "feat: b", "chore: c"], V(2, 9, 0)),
            (&["fix: a", "feat(api)!: b"], V(3, 0, 0)),
            (&["fix: a\n\nBecause.\n\nBREAKING CHANGE: all of it"], V(3, 0, 0)),
            (&["fix: a\r\n\r\nBecause.\r\n\r\nBREAKING-CHANGE: all of it\r\n"], V(3, 0, 0)),
            (&["fix: a\nno blank line\nBREAKING CHANGE: all of it"], V(3, 0, 0)),
            (&["fix: a\n\nSee:"], V(2, 8, 2)),
            (&["FIX: a", "Merge branch 'x'", "Merge branch 'y'"], V(2, 8, 2)),
            (&["fix: a", "tidy up"], V(2, 8, 2)),
            (&["fix: a", "tidy up", "tidy more"], V(2, 9, 0)),
            (&["net/http: fix a", "core: b", "https://example.org"], V(2, 9, 0)),
            (&[], V(2, 9, 0)),
        ];
        for (messages, expected) in table {
            let choice = chosen(Some(V(2, 8, 1)), &[V(2, 8, 1)], messages);
            assert_eq!(choice.version, expected, "{messages:?}: {choice:?}");
        }
        assert_eq!(chosen(Some(V(0, 4, 2)), &[], &["fix!: a"]).version, V(0, 5, 0));
    }

    #[test]
    fn the_reasons_can_be_read() {
        let messages = ["fix: a", "feat: `b`\nmore", "tidy", "docs: c"];
        let choice = chosen(Some(V(2, 8, 1)), &[V(2, 8, 1), V(2, 9, 0)], &messages);
        assert_eq!(
            choice.reasons,
            [
                "3 of 4 commits are Conventional; the largest change is a feature: `feat: `b``.",
                "2.9.0 is already taken, so this is 2.10.0."
            ]
        );
        let choice = chosen(None, &[], &["first"]);
        assert_eq!(choice.version, V(0, 1, 0));
        assert_eq!(
            choice.reasons,
            [
                "Only 0 of 1 commit are Conventional, so the policy's default counts: a minor release.",
                "Nothing is released yet, so this is 0.1.0."
            ]
        );
    }

    #[test]
    fn above_all_that_is_taken() {
        assert_eq!(chosen(Some(V(2, 8, 0)), &[V(2, 9, 0)], &["fix: a"]).version, V(2, 9, 1));
        assert_eq!(chosen(Some(V(2, 8, 0)), &[V(3, 0, 0)], &["feat: a"]).version, V(3, 1, 0));
        assert_eq!(chosen(None, &[V(0, 1, 0)], &["feat: a"]).version, V(0, 2, 0));
        let most = 999_999_999;
        assert_eq!(chosen(Some(V(0, 0, most)), &[], &["fix: a"]).version, V(0, 1, 0));
        assert_eq!(chosen(Some(V(most, 0, 0)), &[], &["fix!: a"]).version, V(most, 1, 0));
        assert_eq!(chosen(Some(V(0, most, most)), &[], &["fix!: a"]).version, V(1, 0, 0));
    }

    #[test]
    fn hostile_messages_are_quoted_short() {
        let long = format!("feat: \u{1b}]0;x\u{7}\0{}", "x".repeat(4 << 20));
        let body = format!("fix: a\n\n{}", "BREAKING CHANGE: x\n\nA: b\n".repeat(40_000));
        let choice = chosen(Some(V(1, 0, 0)), &[], &[&long, "\0", "", "\n\n", "fix: b"]);
        assert_eq!(choice.version, V(1, 1, 0));
        assert!(choice.reasons.iter().all(|r| r.len() < 500 && !r.contains(char::is_control)), "{choice:?}");
        assert_eq!(chosen(Some(V(1, 0, 0)), &[], &[&body]).version, V(2, 0, 0));
        assert_eq!(conventional_share([long.as_str(), "tidy", ""]), (1, 3));
    }

    #[test]
    fn a_wish_is_checked() {
        let (released, open) = (vec![V(2, 7, 0), V(2, 8, 0)], vec![V(3, 0, 0), V(2, 9, 0)]);
        let taken = Taken { last: Some(V(2, 8, 0)), released, open, withdrawn: vec![V(2, 8, 7), V(3, 1, 0)] };
        let said = |wanted| check(wanted, &taken).unwrap_err().to_string();
        assert!(said(V(2, 7, 0)).starts_with("2.7.0 is already released"));
        assert!(said(V(2, 9, 0)).starts_with("2.9.0 is already open"));
        assert!(said(V(2, 7, 1)).starts_with("2.7.1 is lower than the last release 2.8.0"));
        assert_eq!(
            said(V(2, 8, 1)),
            "2.8.1 is lower than 2.9.0 and 3.0.0, which are open; choose a version above 3.0.0"
        );
        assert!(said(V(3, 1, 0)).starts_with("3.1.0 was withdrawn, and its number is never used again"));
        assert_eq!(check(V(3, 0, 1), &taken), Ok(()));
        assert_eq!(check(V(0, 1, 0), &Taken::default()), Ok(()));

        let hotfix = |wanted| check_hotfix(wanted, &taken, &taken.open).map_err(|e| e.to_string());
        assert_eq!(hotfix(V(2, 8, 1)), Ok(()), "a hotfix is below what rides");
        assert!(hotfix(V(2, 8, 7)).unwrap_err().contains("was withdrawn"));
        assert!(hotfix(V(2, 7, 9)).unwrap_err().contains("lower than the last release"));
        assert_eq!(
            hotfix(V(2, 9, 1)).unwrap_err(),
            "2.9.1 is higher than 2.9.0, which is open and could never be released after it"
        );
    }

    #[test]
    fn no_number_is_used_twice() {
        let changes = || [Change { message: "feat: a", merge: false }].into_iter();
        let choice =
            choose(Some(V(2, 8, 1)), &[V(2, 8, 1)], &[V(2, 9, 0), V(2, 10, 0)], changes(), Bump::Minor);
        assert_eq!(choice.version, V(2, 11, 0));
        assert!(choice.reasons[1].starts_with("2.9.0 was withdrawn"), "{choice:?}");
        let choice = choose(Some(V(2, 8, 1)), &[V(2, 8, 1)], &[V(3, 0, 0)], changes(), Bump::Minor);
        assert_eq!(choice.version, V(2, 9, 0), "a withdrawn version above is stepped over, not followed");
        assert_eq!(choose_hotfix(V(1, 0, 0), &[V(1, 1, 0)], &[]).version, V(1, 0, 1));
        assert_eq!(choose_hotfix(V(1, 0, 0), &[V(1, 0, 1)], &[V(1, 0, 2)]).version, V(1, 0, 3));
    }

    fn versions() -> impl Strategy<Value = Version> {
        let part = || prop_oneof![0_u64..4, 999_999_998_u64..=999_999_999];
        (0_u64..4, part(), part()).prop_map(|(x, y, z)| V(x, y, z))
    }

    proptest! {
        #[test]
        fn the_choice_is_new_and_passes_the_check(
            last in prop::option::of(versions()),
            taken in prop::collection::vec(versions(), 0..5),
            withdrawn in prop::collection::vec(versions(), 0..5),
            messages in prop::collection::vec("(feat|fix|x|fix!|.{0,9})(: |\n|.)\\PC{0,20}", 0..6),
        ) {
            let changes = messages.iter().map(|message| Change { message, merge: false });
            let choice = choose(last, &taken, &withdrawn, changes, Bump::Patch);
            prop_assert!(taken.iter().chain(&last).all(|&other| other < choice.version));
            prop_assert_eq!(Version::parse(&choice.version.to_string()), Ok(choice.version));
            let all = Taken { last, released: taken.clone(), open: taken, withdrawn };
            prop_assert_eq!(check(choice.version, &all), Ok(()));
        }
    }
}
