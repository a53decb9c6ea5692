//! Names of release and maintenance branches.

use allclear_core::Version;

/// What a branch's name says of its version: `release-2.9.0`, `release/2.9`, `v1.x`, `7-2-stable`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    pub major: u64,
    pub minor: Option<u64>,
    /// The patch number, where it says one: a branch of one release.
    pub patch: Option<u64>,
}

impl Line {
    pub fn read(branch: &str) -> Option<Self> {
        let lower = branch.to_ascii_lowercase();
        let words = ["releases", "release", "rel", "hotfix", "stable", "maint", "support"];
        let stripped = words.iter().find_map(|w| lower.strip_prefix(w)?.strip_prefix(['-', '/', '_']));
        let rest = stripped.unwrap_or(&lower);
        let rest = rest.strip_prefix('v').unwrap_or(rest);
        let bare = ["-stable", "-maintenance", ".x", "-x"].iter().find_map(|end| rest.strip_suffix(end));
        let numbers = bare.unwrap_or(rest);
        let parts: Vec<&str> = numbers.split(['.', '-', '_']).collect();
        let number = |part: &&str| {
            (!part.is_empty() && part.len() <= 6 && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse::<u64>().ok())
                .flatten()
        };
        let parts: Option<Vec<u64>> = parts.iter().map(number).collect();
        match parts?[..] {
            // A single number is an issue's number as often as a version.
            [major] if bare.is_some() => Some(Self { major, minor: None, patch: None }),
            [major, minor] => Some(Self { major, minor: Some(minor), patch: None }),
            [major, minor, patch] => Some(Self { major, minor: Some(minor), patch: Some(patch) }),
            _ => None,
        }
    }

    pub fn has(&self, version: Version) -> bool {
        version.major == self.major
            && self.minor.is_none_or(|minor| minor == version.minor)
            && self.patch.is_none_or(|patch| patch == version.patch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn branches_of_releases() {
        let line = |major, minor, patch| Some(Line { major, minor, patch });
        for (name, expected) in [
            ("release-2.9.0", line(2, Some(9), Some(0))),
            ("release/v2.9", line(2, Some(9), None)),
            ("Hotfix_1.2.3", line(1, Some(2), Some(3))),
            ("v1.x", line(1, None, None)),
            ("7-2-stable", line(7, Some(2), None)),
            ("4.x", line(4, None, None)),
            ("1.2.x", line(1, Some(2), None)),
            ("release-1.2.3-rc1", None),
            ("2671", None),
            ("release", None),
            ("feature/1.2.3", None),
            ("1.2.3.4", None),
            ("", None),
            ("9999999.0", None),
        ] {
            assert_eq!(Line::read(name), expected, "{name}");
        }
    }
}
