//! Ref names, parsed once at the edge.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A full ref name such as `refs/heads/master`, safe to give to git as an argument.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RefName(Box<str>);

impl RefName {
    /// Takes a full ref name as git listed it. Never used to make a name out of a person's words.
    pub fn from_git(full: &str) -> Option<Self> {
        (full.starts_with("refs/") && !full.bytes().any(|b| b <= b' ' || b == 0x7f))
            .then(|| Self(full.into()))
    }

    /// Names the tag `name`.
    pub fn tag(name: &str) -> Self {
        Self(format!("refs/tags/{name}").into())
    }

    /// Names the branch that has the same short name as a tag.
    pub fn tag_as_branch(tag: &str) -> Self {
        Self(format!("refs/heads/{tag}").into())
    }

    /// Names a ref below `refs/allclear/`.
    pub fn own(rest: &str) -> Self {
        Self(format!("refs/allclear/{rest}").into())
    }

    /// Gives the full name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the name as people say it, without `refs/heads/` or `refs/tags/`.
    pub fn short(&self) -> &str {
        self.0.strip_prefix("refs/heads/").or_else(|| self.0.strip_prefix("refs/tags/")).unwrap_or(&self.0)
    }
}

impl fmt::Display for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for RefName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A branch name that allclear may create: ASCII, and safe in a shell.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Branch(Box<str>);

/// Why a text cannot be a branch name of allclear's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` cannot be a branch here: {why}", crate::types::text::plain(.name))]
pub struct BadName {
    /// What was given.
    pub name: String,
    /// What is wrong with it.
    pub why: &'static str,
}

impl Branch {
    /// Parses a branch name: letters, digits, `.`, `_`, `-` and `/`, at most 100 bytes.
    pub fn parse(name: &str) -> Result<Self, BadName> {
        match name_fault(name) {
            None => Ok(Self(name.into())),
            Some(why) => Err(BadName { name: name.chars().take(120).collect(), why }),
        }
    }

    /// Gives the name without `refs/heads/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives the full ref name.
    pub fn to_ref(&self) -> RefName {
        RefName(format!("refs/heads/{}", self.0).into())
    }
}

impl fmt::Display for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Branch {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Says what makes `name` unusable as a branch or tag that allclear creates; `None` where nothing does.
/// Stricter than `git check-ref-format`: what git accepts includes `-x`, look-alikes and shell text.
pub fn name_fault(name: &str) -> Option<&'static str> {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
    if name.is_empty() {
        Some("it is empty")
    } else if name.len() > 100 {
        Some("it is longer than 100 bytes")
    } else if !name.bytes().all(allowed) {
        Some("only ASCII letters, digits, `.`, `_`, `-` and `/` are used in names")
    } else if !name.as_bytes()[0].is_ascii_alphanumeric() {
        Some("it must begin with a letter or a digit")
    } else if name == "HEAD" || name.starts_with("refs/") {
        Some("git reads it as something else")
    } else if matches!(name.len(), 40 | 64) && name.bytes().all(|b| b.is_ascii_hexdigit()) {
        Some("it looks like a commit id")
    } else if name.contains("..") || name.contains("//") || name.ends_with('/') || name.ends_with('.') {
        Some("git does not allow `..`, `//`, or a `/` or `.` at the end")
    } else if name.split('/').any(|part| part.starts_with('.') || is_lock(part)) {
        Some("no part of it may begin with `.` or end with `.lock`")
    } else {
        None
    }
}

/// A server may keep refs as files, on a disk that does not tell `.LOCK` from `.lock`.
fn is_lock(part: &str) -> bool {
    part.rsplit_once('.').is_some_and(|(_, end)| end.eq_ignore_ascii_case("lock"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_git_takes_and_we_do_not() {
        for bad in [
            "",
            "-x",
            "--upload-pack=touch${IFS}pwn",
            "release-`id`",
            "release-$(id)",
            "rеlease-1.2.3",
            "release-1.2.3\u{202e}",
            "HEAD",
            "refs/heads/master",
            "+master",
            "a..b",
            "a.lock",
            "a.LOCK",
            "a/.b",
            "a b",
            "a\nb",
            "x/",
            "0123456789012345678901234567890123456789",
        ] {
            assert!(Branch::parse(bad).is_err(), "{bad:?} must be refused");
        }
        for good in ["master", "develop", "release-2.9.0", "maint/2.x", "a_b"] {
            assert_eq!(Branch::parse(good).unwrap().as_str(), good);
        }
    }
}
