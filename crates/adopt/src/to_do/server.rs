//! Which server a repository lives on, and the commands by which its settings are read and changed.

use allclear_core::types::shell::quoted;
use allclear_core::types::text::plain;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Server {
    /// github.com, with `owner/name`.
    GitHub(String),
    /// A GitLab, with the project's path.
    GitLab(String),
    /// A bare repository that is reached as a path.
    Path(String),
    Other,
}

impl Server {
    pub fn of(url: &str) -> Self {
        if let Some(path) = url.strip_prefix("file://").or_else(|| url.starts_with('/').then_some(url)) {
            return Self::Path(path.to_owned());
        }
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let rest = rest.split_once('@').map_or(rest, |(_, rest)| rest);
        let Some((host, slug)) = rest.split_once(['/', ':']) else { return Self::Other };
        let slug = slug.trim_matches('/');
        let slug = slug.strip_suffix(".git").unwrap_or(slug);
        let fine = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'/');
        if slug.is_empty() || slug.starts_with('-') || !slug.bytes().all(fine) {
            return Self::Other;
        }
        match host {
            "github.com" => Self::GitHub(slug.to_owned()),
            host if host.split('.').any(|part| part == "gitlab") => Self::GitLab(slug.to_owned()),
            _ => Self::Other,
        }
    }

    /// Tells whether branches have rules there that git does not show.
    pub(super) fn has_rules(&self) -> bool {
        !matches!(self, Self::Path(_))
    }

    pub(super) fn set_default(&self, branch: &str) -> String {
        match self {
            Self::GitHub(slug) => format!("gh repo edit {slug} --default-branch {branch}"),
            Self::GitLab(slug) => {
                format!("glab api -X PUT projects/{} -f default_branch={branch}", slug.replace('/', "%2F"))
            }
            Self::Path(path) => {
                format!("git -C {} symbolic-ref HEAD refs/heads/{branch}", quoted(&plain(path)))
            }
            Self::Other => format!("in the server's settings, make {branch} the default branch"),
        }
    }

    /// Says how to see who may push to a branch, and how to let allclear do it.
    pub(super) fn push_rights(&self, branch: &str) -> Vec<String> {
        match self {
            Self::GitHub(slug) => vec![
                format!("gh api repos/{slug}/rules/branches/{branch} --jq '.[].type'"),
                format!("gh api repos/{slug}/branches/{branch}/protection"),
                "put the one that runs allclear on the bypass list of each rule that stands in the way"
                    .into(),
            ],
            Self::GitLab(slug) => {
                let id = slug.replace('/', "%2F");
                vec![
                    format!("glab api projects/{id}/protected_branches"),
                    format!("glab api projects/{id}/protected_tags"),
                    "let the one that runs allclear push to and merge into each of them".into(),
                ]
            }
            Self::Path(_) | Self::Other => {
                vec![format!("let the one that runs allclear push to {branch} on the server")]
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_tell_the_server() {
        let github = Server::GitHub("micro/go-micro".into());
        for url in [
            "https://github.com/micro/go-micro.git",
            "https://github.com/micro/go-micro/",
            "git@github.com:micro/go-micro.git",
            "ssh://git@github.com/micro/go-micro.git",
        ] {
            assert_eq!(Server::of(url), github, "{url}");
        }
        assert_eq!(Server::of("https://gitlab.example.org/a/b/c.git"), Server::GitLab("a/b/c".into()));
        assert_eq!(Server::of("/srv/x.git"), Server::Path("/srv/x.git".into()));
        for url in ["https://github.com/a/$(id)", "git@github.com:-x", "https://github.com.evil.org/a/b", ""]
        {
            assert_eq!(Server::of(url), Server::Other, "{url}");
        }
    }
}
