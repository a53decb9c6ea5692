//! Which branches a CI's pattern means: each CI has a language of its own.

use allclear_core::Version;
use allclear_core::policy::Branches;
use regex_lite::{Regex, escape};

const LIMIT: usize = 300;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    /// Globs: `*` stops at `/`, `**` does not, `?` and `+` repeat what is before them, a later `!` takes away.
    GitHub,
    /// A name, or a regular expression between slashes that may match any part.
    GitLab,
    /// A name, or a regular expression between slashes that must match the whole.
    Circle,
    /// Globs: `*` is anything, `?` one character, `refs/heads/` may stand before a name.
    Azure,
    /// As GitLab's.
    Travis,
}

impl Language {
    pub(super) fn means(self, patterns: &[&str], branch: &str) -> bool {
        // The last one that says something decides; only GitHub can take away.
        let mut found = false;
        for pattern in patterns {
            match pattern.strip_prefix('!').filter(|_| self == Self::GitHub) {
                Some(not) => found &= !self.matches(not, branch),
                None => found |= self.matches(pattern, branch),
            }
        }
        found
    }

    /// Tells whether one pattern means `branch`. One that cannot be understood means nothing.
    pub(super) fn matches(self, pattern: &str, branch: &str) -> bool {
        let name = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        if pattern == branch || pattern.bytes().all(name) {
            return pattern == branch;
        }
        let expression = match self {
            Self::GitHub => github(pattern),
            Self::Azure => Some(azure(pattern.strip_prefix("refs/heads/").unwrap_or(pattern))),
            Self::GitLab | Self::Travis => between_slashes(pattern),
            Self::Circle => between_slashes(pattern).map(|e| format!("^(?:{e})$")),
        };
        expression
            .filter(|e| e.len() <= LIMIT)
            .and_then(|e| Regex::new(&e).ok())
            .is_some_and(|e| e.is_match(branch))
    }

    pub(super) fn candidates(self, names: &Branches) -> String {
        let prefix = &names.candidate.prefix;
        match self {
            Self::GitHub => format!("{prefix}**"),
            Self::Azure => format!("{prefix}*"),
            Self::GitLab | Self::Circle | Self::Travis => format!("/^{}.*/", expression(prefix)),
        }
    }

    /// Lists what to add to a list of patterns so that develop and every candidate are meant.
    pub(super) fn lacking(self, patterns: &[&str], names: &Branches) -> Vec<String> {
        let mut lacking = Vec::new();
        if !self.means(patterns, names.develop.as_str()) {
            lacking.push(names.develop.as_str().to_owned());
        }
        if !examples(names).iter().all(|branch| self.means(patterns, branch)) {
            lacking.push(self.candidates(names));
        }
        lacking
    }
}

/// Gives branches that stand for all candidates, so that `release-1.*` does not pass for every one.
pub(super) fn examples(names: &Branches) -> [String; 2] {
    [Version::new(1, 0, 0), Version::new(27, 41, 13)].map(|v| names.candidate.branch(v).as_str().to_owned())
}

pub(super) fn expression(name: &str) -> String {
    escape(name).replace("\\-", "-").replace('/', "\\/")
}

pub(super) fn between_slashes(pattern: &str) -> Option<String> {
    let (inner, flags) = pattern.strip_prefix('/')?.rsplit_once('/')?;
    let inner = inner.replace("\\/", "/");
    Some(if flags.contains('i') { format!("(?i){inner}") } else { inner })
}

fn github(glob: &str) -> Option<String> {
    let mut out = String::from("^");
    let mut rest = glob.chars().peekable();
    while let Some(c) = rest.next() {
        match c {
            '*' if rest.next_if_eq(&'*').is_some() => out.push_str(".*"),
            '*' => out.push_str("[^/]*"),
            '?' | '+' => out.push(c),
            '[' => {
                let class: String = rest.by_ref().take_while(|c| *c != ']').collect();
                let fine = |c: char| c.is_ascii_alphanumeric() || c == '-';
                if class.is_empty() || !class.chars().all(fine) {
                    return None;
                }
                out.push_str(&format!("[{class}]"));
            }
            '\\' => out.push_str(&escape(&rest.next()?.to_string())),
            c => out.push_str(&escape(&c.to_string())),
        }
    }
    out.push('$');
    Some(out)
}

fn azure(glob: &str) -> String {
    let part = |c: char| match c {
        '*' => ".*".to_owned(),
        '?' => ".".to_owned(),
        c => escape(&c.to_string()),
    };
    format!("^{}$", glob.chars().map(part).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_ci_reads_patterns_in_its_own_way() {
        use Language::{Azure, Circle, GitHub, GitLab, Travis};
        let table = [
            (GitHub, "**", "release-1.0.0", true),
            (GitHub, "*", "release-1.0.0", true),
            (GitHub, "*", "release/1.0.0", false),
            (GitHub, "**", "release/1.0.0", true),
            (GitHub, "release-*", "release-1.0.0", true),
            (GitHub, "release/**", "release-1.0.0", false),
            (GitHub, "release-[0-9]+.[0-9]+.[0-9]+", "release-27.41.13", true),
            (GitHub, "release-[0-9].[0-9].[0-9]", "release-27.41.13", false),
            (GitHub, "release-v?*", "release-1.0.0", true),
            (GitHub, "release.1.0.0", "release-1.0.0", false),
            (GitHub, "release-[", "release-[", true),
            (GitHub, "release-[", "release-1.0.0", false),
            (GitLab, "/^release-/", "release-1.0.0", true),
            (GitLab, "/RELEASE-/i", "release-1.0.0", true),
            (GitLab, "release-*", "release-1.0.0", false),
            (GitLab, "/(((/", "release-1.0.0", false),
            (Travis, "/^release-.*$/", "release-1.0.0", true),
            (Circle, "/release/", "release-1.0.0", false),
            (Circle, "/release-.*/", "release-1.0.0", true),
            (Circle, "develop", "develop", true),
            (Azure, "*", "release/1.0.0", true),
            (Azure, "refs/heads/release-*", "release-1.0.0", true),
            (Azure, "release/*", "release-1.0.0", false),
        ];
        for (language, pattern, branch, expected) in table {
            assert_eq!(language.matches(pattern, branch), expected, "{language:?} {pattern} {branch}");
        }
        assert!(!GitHub.means(&["**", "!release-*"], "release-1.0.0"));
        assert!(GitHub.means(&["**", "!release-*", "release-1*"], "release-1.0.0"));
        assert!(!Azure.matches(&"?".repeat(100_000), "develop"), "no pattern is too long to be refused");
    }
}
