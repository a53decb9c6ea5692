//! Checks the addresses of servers, and keeps logins out of them.

use crate::process::Git;
use allclear_core::types::text::plain;
use std::collections::BTreeMap;
use std::path::Path;

pub(super) type Settings = BTreeMap<String, Vec<String>>;

#[derive(Debug, Clone, thiserror::Error)]
pub enum PlaceError {
    #[error("{0}")]
    NoGit(String),
    #[error("`{0}` is not in a git repository")]
    NotARepository(String),
    #[error("git does not use the repository at `{dir}`, whose settings could run programs as you: {said}")]
    Foreign {
        /// What `safe.directory` has to name for git to use it.
        dir: String,
        /// What git says.
        said: String,
    },
    #[error("the clone has no remote `{wanted}`; it has {}", if .has.is_empty() { "none".into() } else { .has.join(", ") })]
    NoSuchRemote { wanted: String, has: Vec<String> },
    #[error("the address `{address}` is not used: {why}")]
    Address { address: String, why: &'static str },
}

pub(super) fn address(
    settings: &Settings,
    wanted: Option<&str>,
    base: &Path,
    own: &Path,
) -> Result<(String, bool), PlaceError> {
    let remotes: Vec<String> = settings
        .keys()
        .filter_map(|k| Some(k.strip_prefix("remote.")?.strip_suffix(".url")?.to_owned()))
        .collect();
    let name = wanted.unwrap_or("origin");
    let listed = |key: &str| settings.get(&format!("remote.{name}.{key}")).cloned().unwrap_or_default();
    // Reads and writes must go to the same place, so there must be exactly one.
    let mut urls = listed("pushurl");
    if urls.is_empty() {
        urls = listed("url");
    }
    urls.dedup();
    if urls.len() > 1 {
        return Err(PlaceError::Address {
            address: plain(name),
            why: "the remote has several addresses; name the one that counts with --remote",
        });
    }
    let url = urls.pop();
    match (url, wanted) {
        (Some(url), _) => Ok((absolute(&apply_instead_of(settings, &url), base), false)),
        (None, None) if remotes.is_empty() => Ok((own.display().to_string(), true)),
        (None, Some(given)) if given.contains(['/', ':']) || Path::new(given).is_dir() => {
            let here = std::env::current_dir().unwrap_or_else(|_| base.to_path_buf());
            Ok((absolute(given, &here), false))
        }
        (None, _) => Err(PlaceError::NoSuchRemote {
            wanted: plain(name),
            has: remotes.iter().map(|r| plain(r)).collect(),
        }),
    }
}

/// Applies `url.<base>.insteadOf` as git does: the longest prefix wins.
fn apply_instead_of(settings: &Settings, url: &str) -> String {
    let rules = settings.iter().filter_map(|(key, prefixes)| {
        let base = key.strip_prefix("url.")?.strip_suffix(".insteadof")?;
        let prefix = prefixes.iter().filter(|p| url.starts_with(p.as_str())).max_by_key(|p| p.len())?;
        Some((prefix.len(), base))
    });
    rules
        .max_by_key(|(len, _)| *len)
        .map_or_else(|| url.to_owned(), |(len, base)| format!("{base}{}", &url[len..]))
}

/// Makes a relative path absolute. Addresses stay as they are, and so does what looks like an option, which is
/// refused later.
fn absolute(url: &str, base: &Path) -> String {
    if is_address(url) || url.starts_with('-') {
        url.to_owned()
    } else {
        base.join(url).display().to_string()
    }
}

fn is_address(url: &str) -> bool {
    let scp_like = url.find(':').is_some_and(|colon| !url[..colon].contains('/'));
    url.contains("://") || scp_like
}

/// Splits an address into what git is given and the login that it contained.
pub(crate) fn fetchable(url: &str, base: &Path) -> Result<(String, Option<(String, String)>), PlaceError> {
    let (url, secret) = split_secret(&absolute(url, base));
    check(&url)?;
    Ok((url, secret))
}

/// Lets git answer with a password that is in no argument and no address.
pub(crate) fn with_secret(git: Git, secret: Option<&(String, String)>) -> Git {
    let Some((user, password)) = secret else { return git };
    git.with_env("ALLCLEAR_USER", user).with_env("ALLCLEAR_PASSWORD", password).with_config(
        "credential.helper",
        "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"$ALLCLEAR_USER\" \"$ALLCLEAR_PASSWORD\"; }; f",
    )
}

pub(super) fn split_secret(url: &str) -> (String, Option<(String, String)>) {
    let Some((scheme, rest)) = url.split_once("://").filter(|(s, _)| matches!(*s, "http" | "https")) else {
        return (url.to_owned(), None);
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..host_end].rfind('@') else { return (url.to_owned(), None) };
    let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
    (format!("{scheme}://{}", &rest[at + 1..]), Some((user.to_owned(), password.to_owned())))
}

/// An address that may be shown: without a login, which may be a secret in any scheme, and without a query.
pub(crate) fn shown(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return plain(url) };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let host = rest[..end].rsplit('@').next().unwrap_or_default();
    let path = rest[end..].split(['?', '#']).next().unwrap_or_default();
    plain(&format!("{scheme}://{host}{path}"))
}

pub(super) fn check(url: &str) -> Result<(), PlaceError> {
    let refuse = |why| Err(PlaceError::Address { address: plain(url), why });
    if url.chars().any(char::is_control) {
        return refuse("it has control characters in it");
    }
    if url.starts_with('-') {
        return refuse("it begins with `-`");
    }
    if url.contains("::") && !url.starts_with('/') && !url.starts_with("ssh://[") && !url.starts_with("http")
    {
        return refuse("remote helpers run programs; use https, ssh or a path");
    }
    let Some((scheme, rest)) = url.split_once("://") else { return Ok(()) };
    let authority = rest.split('/').next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    match scheme {
        "https" | "ssh" | "http"
            if host.is_empty() || authority.starts_with('-') || host.starts_with('-') =>
        {
            refuse("the host name is missing or begins with `-`")
        }
        "file" | "https" | "ssh" => Ok(()),
        "http" if is_this_machine(host) => Ok(()),
        "http" => refuse("http is not encrypted; use https"),
        "git" => refuse("the git protocol has no login and no encryption; use https or ssh"),
        _ => refuse("only https, ssh, file and paths are used"),
    }
}

fn is_this_machine(host: &str) -> bool {
    let name = if host.starts_with('[') { host.split_inclusive(']').next() } else { host.split(':').next() };
    let name = name.unwrap_or_default();
    name == "localhost"
        || name == "[::1]"
        || name.parse::<std::net::Ipv4Addr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_are_not_used() {
        for bad in [
            "ext::sh -c touch% /tmp/pwn",
            "git://host/x",
            "http://host/x",
            "ssh://-oProxyCommand=touch/x",
            "--upload-pack=x",
            "https:///x",
            "https://ho\nst/x",
            "ftp://host/x",
            "ssh://user@-oX/x",
            "fd::17",
            "http://127.0.0.1.evil.example/x",
            "http://localhost.evil.example/x",
        ] {
            assert!(check(bad).is_err(), "{bad:?}");
        }
        for good in [
            "https://host/x.git",
            "ssh://git@host:22/x",
            "git@host:x.git",
            "/srv/x.git",
            "file:///srv/x",
            "http://127.0.0.1:8000/x",
        ] {
            assert!(check(good).is_ok(), "{good}");
        }
    }

    #[test]
    fn a_password_leaves_the_address() {
        let (url, secret) = split_secret("https://x:s3cret@host/p@th.git");
        assert_eq!(url, "https://host/p@th.git");
        assert_eq!(secret, Some(("x".into(), "s3cret".into())));
        for (url, expected) in [
            ("https://x:s3cret@host/p@th.git?token=s3cret", "https://host/p@th.git"),
            ("ssh://git:s3cret@host:22/x", "ssh://host:22/x"),
            ("git@host:x.git", "git@host:x.git"),
            ("/srv/a@b.git", "/srv/a@b.git"),
        ] {
            assert_eq!(shown(url), expected);
        }
    }
}
