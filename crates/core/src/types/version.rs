//! Versions by Semantic Versioning 2.0.0, and the names of their tags and branches.

use crate::types::ref_name::{Branch, RefName};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A final version `X.Y.Z` without pre-release or build part; parts below 10⁹.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version {
    /// Incompatible changes.
    pub major: u64,
    /// Compatible additions.
    pub minor: u64,
    /// Fixes.
    pub patch: u64,
}

/// The N of `X.Y.Z-rc.N`, counted from 1.
pub type RcNumber = u32;

/// Which rule of Semantic Versioning a text breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadVersion {
    /// Blanks at either end or inside.
    #[error("`{}` has blanks in it; write X.Y.Z", crate::types::text::plain(.0))]
    Blank(String),
    /// Letters, other scripts' digits, or signs.
    #[error("`{}` is not X.Y.Z with plain digits", crate::types::text::plain(.0))]
    NotDigits(String),
    /// Not three numbers.
    #[error("`{}` has {} numbers; a version has three, X.Y.Z", crate::types::text::plain(.0), .1)]
    Parts(String, usize),
    /// A number that begins with 0.
    #[error("`{}` has a number with a leading zero, which Semantic Versioning forbids", crate::types::text::plain(.0))]
    LeadingZero(String),
    /// A number of ten digits or more.
    #[error("`{}` has a number above 999999999", crate::types::text::plain(.0))]
    TooLarge(String),
    /// Something after `-`.
    #[error("`{}` is a pre-release; give the final version, allclear numbers the candidates itself", crate::types::text::plain(.0))]
    PreRelease(String),
    /// Something after `+`.
    #[error("`{}` has build metadata, which does not make a different release", crate::types::text::plain(.0))]
    Build(String),
    /// A `v` before it.
    #[error("`{}` begins with `v`; that belongs to the tag, give X.Y.Z", crate::types::text::plain(.0))]
    Prefix(String),
}

impl Version {
    /// Makes a version from its numbers.
    pub const fn new(major: u64, minor: u64, patch: u64) -> Self {
        Self { major, minor, patch }
    }

    /// Parses `X.Y.Z`, and says exactly what is wrong where it is something else.
    pub fn parse(text: &str) -> Result<Self, BadVersion> {
        let own = || text.chars().take(80).collect::<String>();
        if text.chars().any(char::is_whitespace) {
            return Err(BadVersion::Blank(own()));
        }
        if let Some(rest) = text.strip_prefix(['v', 'V'])
            && rest.starts_with(|c: char| c.is_ascii_digit())
        {
            return Err(BadVersion::Prefix(own()));
        }
        if text.contains('+') {
            return Err(BadVersion::Build(own()));
        }
        if text.contains('-') && text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(BadVersion::PreRelease(own()));
        }
        let parts: Vec<&str> = text.split('.').collect();
        if parts.iter().any(|p| p.is_empty() || !p.bytes().all(|b| b.is_ascii_digit())) {
            return Err(BadVersion::NotDigits(own()));
        }
        let [major, minor, patch] = parts[..] else {
            return Err(BadVersion::Parts(own(), parts.len()));
        };
        let number = |part: &str| {
            if part.len() > 1 && part.starts_with('0') {
                return Err(BadVersion::LeadingZero(own()));
            }
            if part.len() > 9 {
                return Err(BadVersion::TooLarge(own()));
            }
            part.parse::<u64>().map_err(|_| BadVersion::TooLarge(own()))
        };
        Ok(Self::new(number(major)?, number(minor)?, number(patch)?))
    }

    /// Gives the next version by `bump`. Below 1.0.0 a major change raises the minor number,
    /// as Semantic Versioning §4 allows and Cargo and npm expect.
    pub fn bumped(self, bump: Bump) -> Self {
        match bump {
            Bump::Major if self.major == 0 => Self::new(0, self.minor + 1, 0),
            Bump::Major => Self::new(self.major + 1, 0, 0),
            Bump::Minor => Self::new(self.major, self.minor + 1, 0),
            Bump::Patch => Self::new(self.major, self.minor, self.patch + 1),
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

impl fmt::Debug for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Version {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// How far a release moves the version.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Bump {
    /// Fixes only.
    Patch,
    /// Compatible additions.
    Minor,
    /// Something breaks.
    Major,
}

/// How tags are named: `prefix` + `X.Y.Z`, and for candidates + `suffix` + N.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagFormat {
    /// What stands before the version of a release tag.
    pub release_prefix: String,
    /// What stands before the version of a candidate's tag.
    pub candidate_prefix: String,
    /// What stands between the version and N of a candidate's tag.
    pub candidate_suffix: String,
}

impl TagFormat {
    /// Names tags `vX.Y.Z` and `vX.Y.Z-rc.N` (`v` may be empty).
    pub fn with_prefix(v: &str) -> Self {
        Self { release_prefix: v.into(), candidate_prefix: v.into(), candidate_suffix: "-rc.".into() }
    }

    /// Names the release tag of `version`.
    pub fn release(&self, version: Version) -> String {
        format!("{}{version}", self.release_prefix)
    }

    /// Names the tag of the `n`-th rc of `version`.
    pub fn candidate(&self, version: Version, n: RcNumber) -> String {
        format!("{}{version}{}{n}", self.candidate_prefix, self.candidate_suffix)
    }

    /// Reads a release tag; `None` for any other tag.
    pub fn parse_release(&self, tag: &str) -> Option<Version> {
        Version::parse(tag.strip_prefix(self.release_prefix.as_str())?).ok()
    }

    /// Reads a candidate's tag; `None` for any other tag.
    pub fn parse_candidate(&self, tag: &str) -> Option<(Version, RcNumber)> {
        let rest = tag.strip_prefix(self.candidate_prefix.as_str())?;
        let (version, n) = rest.split_once(self.candidate_suffix.as_str())?;
        let plain = !n.is_empty() && !n.starts_with('0') && n.bytes().all(|b| b.is_ascii_digit());
        Some((Version::parse(version).ok()?, plain.then(|| n.parse().ok())??))
    }
}

/// How candidate branches are named: `prefix` + `X.Y.Z`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CandidateFormat {
    /// What stands before the version.
    pub prefix: String,
}

impl CandidateFormat {
    /// Names the branch of `version`.
    pub fn branch(&self, version: Version) -> Branch {
        let name = format!("{}{version}", self.prefix);
        Branch::parse(&name).expect("the policy checked the prefix with a version behind it")
    }

    /// Reads a full ref name; `None` where it is not a candidate's branch.
    pub fn parse(&self, name: &RefName) -> Option<Version> {
        Version::parse(name.as_str().strip_prefix("refs/heads/")?.strip_prefix(self.prefix.as_str())?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_wrong_version_has_its_own_message() {
        let wrong = [
            ("01.2.3", "leading zero"),
            ("1.2.3-rc1", "pre-release"),
            ("99999999999999999999.0.0", "above 999999999"),
            ("1.2", "has 2 numbers"),
            ("1.2.3+meta", "build metadata"),
            (" 1.2.3", "blanks"),
            ("v1.2.3", "begins with `v`"),
            ("one.two.three", "plain digits"),
            ("１.2.3", "plain digits"),
            ("", "plain digits"),
        ];
        for (text, expected) in wrong {
            let said = Version::parse(text).unwrap_err().to_string();
            assert!(said.contains(expected), "{text:?}: {said}");
        }
        assert_eq!(Version::parse("10.0.2").unwrap(), Version::new(10, 0, 2));
    }

    #[test]
    fn tags_read_back_as_written() {
        let tags = TagFormat::with_prefix("v");
        let version = Version::new(2, 9, 0);
        assert_eq!(tags.parse_release(&tags.release(version)), Some(version));
        assert_eq!(tags.parse_candidate(&tags.candidate(version, 12)), Some((version, 12)));
        for not in ["2.9.0", "v2.9.0-rc.1", "v2.9", "plugins/v2.9.0"] {
            assert_eq!(tags.parse_release(not), None, "{not}");
        }
        for not in ["v2.9.0-rc.0", "v2.9.0-rc.01", "v2.9.0-rc1", "v2.9.0-rc."] {
            assert_eq!(tags.parse_candidate(not), None, "{not}");
        }
    }

    #[test]
    fn bumps() {
        assert_eq!(Version::new(1, 4, 2).bumped(Bump::Minor), Version::new(1, 5, 0));
        assert_eq!(Version::new(0, 4, 2).bumped(Bump::Major), Version::new(0, 5, 0));
        assert_eq!(Version::new(1, 4, 2).bumped(Bump::Major), Version::new(2, 0, 0));
    }
}
