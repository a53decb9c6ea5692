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
    #[error("git pushes to several addresses of the remote `{remote}`, and only one server can have the record: {}", .addresses.join(", "))]
    Several { remote: String, addresses: Vec<String> },
    #[error("the address `{address}` is not used: {why}")]
    Address { address: String, why: &'static str },
}

/// Where a server is.
pub(super) struct Address {
    /// Where git pushes to, and so where everything is read and pushed: after a push the refs of the same server
    /// have to tell what became of it.
    pub(super) url: String,
    /// Where git fetches from, if that is somewhere else.
    pub(super) fetched: Option<String>,
    /// Whether it is the repository itself.
    pub(super) own: bool,
}

pub(super) fn address(
    settings: &Settings,
    wanted: Option<&str>,
    base: &Path,
    own: &Path,
) -> Result<Address, PlaceError> {
    let remotes: Vec<String> = settings
        .keys()
        .filter_map(|k| Some(k.strip_prefix("remote.")?.strip_suffix(".url")?.to_owned()))
        .collect();
    let name = wanted.unwrap_or("origin");
    let listed = |key: &str| settings.get(&format!("remote.{name}.{key}")).map_or(&[][..], Vec::as_slice);
    let (fetched, pushed) = (listed("url"), listed("pushurl"));
    match (fetched.first().or(pushed.first()), wanted) {
        (Some(_), _) => single(settings, name, fetched, pushed, base),
        (None, None) if remotes.is_empty() => {
            Ok(Address { url: own.display().to_string(), fetched: None, own: true })
        }
        (None, Some(given)) if given.contains(['/', ':']) || Path::new(given).is_dir() => {
            let here = std::env::current_dir().unwrap_or_else(|_| base.to_path_buf());
            single(settings, name, &[given.to_owned()], &[], &here)
        }
        (None, _) => Err(PlaceError::NoSuchRemote {
            wanted: plain(name),
            has: remotes.iter().map(|r| plain(r)).collect(),
        }),
    }
}

/// Finds the one address that git pushes to, as `remote.c` of git does: `pushurl`, else what `pushInsteadOf` makes of
/// `url`, else `url`.
fn single(
    settings: &Settings,
    name: &str,
    fetched: &[String],
    pushed: &[String],
    base: &Path,
) -> Result<Address, PlaceError> {
    let place = |url: &String| {
        let instead = instead_of(settings, "insteadof", url);
        absolute(instead.as_deref().unwrap_or(url), base)
    };
    let fetches_from = fetched.first().map(place);
    let mut urls: Vec<String> = pushed.iter().map(place).collect();
    if urls.is_empty() {
        let instead = fetched.iter().filter_map(|url| instead_of(settings, "pushinsteadof", url));
        urls = instead.map(|url| absolute(&url, base)).collect();
    }
    if urls.is_empty() {
        urls = fetched.iter().map(place).collect();
    }
    urls.sort_unstable();
    urls.dedup();
    match <[String; 1]>::try_from(urls) {
        Ok([url]) => Ok(Address { fetched: fetches_from.filter(|from| *from != url), url, own: false }),
        Err(urls) => Err(PlaceError::Several {
            remote: plain(name),
            addresses: urls.iter().map(|url| shown(url)).collect(),
        }),
    }
}

/// Applies `url.<base>.insteadOf` or `url.<base>.pushInsteadOf` as git does: the longest prefix wins. `None` where
/// none fits.
fn instead_of(settings: &Settings, kind: &str, url: &str) -> Option<String> {
    let rules = settings.iter().filter_map(|(key, prefixes)| {
        let base = key.strip_prefix("url.")?.strip_suffix(kind)?.strip_suffix('.')?;
        let prefix = prefixes.iter().filter(|p| url.starts_with(p.as_str())).max_by_key(|p| p.len())?;
        Some((prefix.len(), base))
    });
    rules.max_by_key(|(len, _)| *len).map(|(len, base)| format!("{base}{}", &url[len..]))
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
    fn a_remote_is_where_git_pushes_to() {
        const READ: &str = "https://host/lib.git";
        let both = ("url.git@host:.pushinsteadof", "https://host/");
        let cases: [(&[(&str, &str)], &str); 7] = [
            (&[], READ),
            (&[("remote.origin.pushurl", "git@host:lib.git")], "git@host:lib.git"),
            (&[both], "git@host:lib.git"),
            (&[both, ("url.ssh://host/.insteadof", "https://host/")], "git@host:lib.git"),
            (&[both, ("url.file:///srv/.pushinsteadof", "https://host/lib")], "file:///srv/.git"),
            // An address that is for pushes alone is rewritten as one that is for fetches is.
            (&[both, ("remote.origin.pushurl", "https://host/other.git")], "https://host/other.git"),
            (
                &[("remote.origin.pushurl", "mine:lib.git"), ("url.git@host:.insteadof", "mine:")],
                "git@host:lib.git",
            ),
        ];
        let of = |more: &[(&str, &str)], wanted: Option<&str>| {
            let mut settings = Settings::from([("remote.origin.url".to_owned(), vec![READ.to_owned()])]);
            for (key, value) in more {
                settings.entry((*key).to_owned()).or_default().push((*value).to_owned());
            }
            address(&settings, wanted, Path::new("/clone"), Path::new("/clone/.git"))
        };
        for (more, expected) in cases {
            let found = of(more, None).ok().unwrap();
            assert_eq!(found.url, expected, "{more:?}");
            let moved = found.fetched.is_some();
            assert_eq!(moved, !more.is_empty(), "{more:?}");
        }
        assert_eq!(of(&[both], Some("https://host/other.git")).ok().unwrap().url, "git@host:other.git");
        for key in ["url", "pushurl"] {
            let key = format!("remote.origin.{key}");
            let several = of(&[(&key, "https://x:s3cret@host/1"), (&key, "https://host/2")], None);
            let said = several.err().unwrap().to_string();
            assert!(said.contains("several") && said.contains("https://host/1") && !said.contains("s3cret"));
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
