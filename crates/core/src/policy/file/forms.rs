//! The forms of branch and tag names.

use crate::policy::file::value::{Given, Parsed};
use crate::types::ref_name::{Branch, name_fault};
use crate::types::text::short;
use crate::types::version::{CandidateFormat, TagFormat, Version};

const VERSION: &str = "{version}";
const NUMBER: &str = "{n}";
/// The longest version there is: a form that is good with it is good with all.
const LONGEST: Version = Version::new(999_999_999, 999_999_999, 999_999_999);

fn split<'t>(text: &'t str, mark: &str) -> Result<(&'t str, &'t str), String> {
    match text.split_once(mark) {
        Some((before, after)) if !after.contains(mark) => Ok((before, after)),
        Some(_) | None => Err(format!("`{}` must have {mark} in it exactly once", short(text, 60))),
    }
}

/// Takes the text before the mark that must be the last thing.
fn prefix(text: &str) -> Result<String, String> {
    match split(text, VERSION)? {
        (before, "") => usable(before, &format!("{before}{LONGEST}")),
        (_, _) => Err(format!("`{}` must end with {VERSION}", short(text, 60))),
    }
}

fn usable(part: &str, example: &str) -> Result<String, String> {
    match name_fault(example) {
        None => Ok(part.to_owned()),
        Some(why) => Err(format!("`{}` would be a bad name: {why}", short(example, 60))),
    }
}

pub(in crate::policy) fn candidate_branch(text: &str) -> Result<CandidateFormat, String> {
    prefix(text).map(|prefix| CandidateFormat { prefix })
}

/// Reads the form of release tags: what stands before the version.
pub(in crate::policy) fn release_tag(text: &str) -> Result<String, String> {
    prefix(text)
}

/// Reads the form of candidates' tags: what stands before the version, and between it and N.
pub(in crate::policy) fn candidate_tag(text: &str) -> Result<(String, String), String> {
    let (before, rest) = split(text, VERSION)?;
    let (suffix, end) = split(rest, NUMBER)?;
    if !end.is_empty() {
        return Err(format!("`{}` must end with {NUMBER}", short(text, 60)));
    }
    let before = usable(before, &format!("{before}{LONGEST}{suffix}{}", u32::MAX))?;
    // With a letter or a dash behind the version, and at most a dot before N, what ends in N can never be
    // read as what ends in a version.
    let digit_or_dot = |c: char| c.is_ascii_digit() || c == '.';
    let tail = suffix.trim_start_matches(|c| !digit_or_dot(c));
    if suffix.is_empty()
        || suffix.starts_with(digit_or_dot)
        || suffix.contains('/')
        || !matches!(tail, "" | ".")
    {
        return Err(format!(
            "`{}` could be taken for a release; between {VERSION} and {NUMBER} stands something like -rc. or rc",
            short(text, 60)
        ));
    }
    Ok((before, suffix.to_owned()))
}

/// Joins the forms of tags; a missing one follows the other. `None` where the history decides.
pub(in crate::policy) fn tags(
    release: Option<String>,
    candidate: Option<(String, String)>,
) -> Option<TagFormat> {
    match (release, candidate) {
        (None, None) => None,
        (Some(release), None) => Some(TagFormat::with_prefix(&release)),
        (release, Some((candidate_prefix, candidate_suffix))) => Some(TagFormat {
            release_prefix: release.unwrap_or_else(|| candidate_prefix.clone()),
            candidate_prefix,
            candidate_suffix,
        }),
    }
}

pub(in crate::policy) fn release_tag_text(tags: &TagFormat) -> String {
    format!("{}{VERSION}", tags.release_prefix)
}

pub(in crate::policy) fn candidate_tag_text(tags: &TagFormat) -> String {
    format!("{}{VERSION}{}{NUMBER}", tags.candidate_prefix, tags.candidate_suffix)
}

pub(in crate::policy) fn candidate_branch_text(format: &CandidateFormat) -> String {
    format!("{}{VERSION}", format.prefix)
}

/// Tells whether two refs cannot stand beside each other on every server: one is a folder of the other, or
/// they differ in case alone.
fn collide(one: &str, other: &str) -> bool {
    let (one, other) = (one.to_ascii_lowercase(), other.to_ascii_lowercase());
    one == other || one.starts_with(&format!("{other}/")) || other.starts_with(&format!("{one}/"))
}

/// Says why the three branches cannot stand beside each other, and by the last key of which of them.
pub(in crate::policy) fn branch_fault(
    stable: &Branch,
    develop: &Branch,
    candidate: &CandidateFormat,
) -> Option<(&'static str, String)> {
    if collide(stable.as_str(), develop.as_str()) {
        return Some((
            "branches.develop",
            format!("`{develop}` and `{stable}` must be two branches that can stand beside each other"),
        ));
    }
    let form = candidate_branch_text(candidate);
    let like =
        [("branches.stable", stable), ("branches.develop", develop)].into_iter().find(|(_, branch)| {
            candidate.parse(&branch.to_ref()).is_some()
                || collide(branch.as_str(), candidate.branch(LONGEST).as_str())
        })?;
    Some((like.0, format!("`{}` and candidates like `{form}` cannot stand beside each other", like.1)))
}

/// The longest script, in bytes.
const SCRIPT: usize = 8000;

pub(in crate::policy) fn word(text: &str) -> Result<String, String> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.is_empty() || text.len() > 40 || text.starts_with('-') || !text.chars().all(plain) {
        return Err(format!(
            "`{}` is not a name; write letters, digits, - and _, at most 40",
            short(text, 60)
        ));
    }
    Ok(text.to_owned())
}

pub(in crate::policy) fn script(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        Err("it is empty".to_owned())
    } else if text.len() > SCRIPT {
        Err(format!("it is longer than {SCRIPT} bytes; put it into a file of the repository and call that"))
    } else if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        Err("it has control characters in it".to_owned())
    } else {
        Ok(text.to_owned())
    }
}

pub(in crate::policy) fn glob(given: &Given<'_>) -> Parsed<String> {
    let text = given.line(400)?;
    let shown = short(&text, 60);
    if text.starts_with('/') || text.split('/').any(|part| matches!(part, "." | "..")) {
        return given.refuse(format!(
            "`{shown}` can match nothing; globs begin at the root of the repository, such as docs/**"
        ));
    }
    match globset::GlobBuilder::new(&text).literal_separator(true).build() {
        Ok(_) => Ok(text),
        Err(why) => given.refuse(format!("`{shown}` is not a glob: {}", why.kind())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tag_forms() {
        assert_eq!(tags(None, None), None);
        assert_eq!(tags(Some("v".into()), None), Some(TagFormat::with_prefix("v")));
        let python = tags(None, Some(candidate_tag("{version}rc{n}").unwrap())).unwrap();
        assert_eq!((python.release_prefix.as_str(), python.candidate_suffix.as_str()), ("", "rc"));
        assert_eq!(release_tag("core/v{version}").unwrap(), "core/v");
        for bad in
            ["v", "{version}-final", "{version}{version}", "-v{version}", "v {version}", "v{version}{n}"]
        {
            assert!(release_tag(bad).is_err(), "{bad}");
        }
        for bad in [
            "v{version}",
            "v{version}{n}",
            "v{version}.{n}",
            "v{version}-1.2.{n}",
            "v{version}/rc.{n}",
            "{n}-{version}",
            "v{version}-rc.{n}x",
            "v{version}-rc.{n}{n}",
            "v{version}-2{n}",
        ] {
            assert!(candidate_tag(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn branches_beside_each_other() {
        let fault = |stable, develop, form| {
            let (stable, develop) = (Branch::parse(stable).unwrap(), Branch::parse(develop).unwrap());
            branch_fault(&stable, &develop, &candidate_branch(form).unwrap()).map(|(key, _)| key)
        };
        assert_eq!(fault("master", "develop", "release-{version}"), None);
        assert_eq!(fault("master", "master", "release-{version}"), Some("branches.develop"));
        assert_eq!(fault("main", "Main", "release-{version}"), Some("branches.develop"));
        assert_eq!(fault("main", "main/next", "release-{version}"), Some("branches.develop"));
        assert_eq!(fault("release", "develop", "release/{version}"), Some("branches.stable"));
        assert_eq!(fault("main", "release-1.0.0", "release-{version}"), Some("branches.develop"));
    }

    proptest! {
        #[test]
        fn no_tag_is_both(release in "[a-z0-9.-]{0,6}", before in "[a-z0-9.-]{0,6}", suffix in "[a-z0-9.-]{0,6}", x in 0u64..30, n in 1u32..30) {
            let version = Version::new(x, x / 2, 1);
            if let (Ok(release), Ok(candidate)) = (release_tag(&format!("{release}{VERSION}")), candidate_tag(&format!("{before}{VERSION}{suffix}{NUMBER}"))) {
                let format = tags(Some(release), Some(candidate)).unwrap();
                prop_assert_eq!(format.parse_candidate(&format.candidate(version, n)), Some((version, n)));
                prop_assert_eq!(format.parse_release(&format.candidate(version, n)), None);
                prop_assert_eq!(format.parse_release(&format.release(version)), Some(version));
                prop_assert_eq!(format.parse_candidate(&format.release(version)), None);
            }
        }
    }
}
