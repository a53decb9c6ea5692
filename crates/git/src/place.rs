//! The clone that a person points at: where its server is, who they are, and how they connect.
//! It is read, and never written.

use crate::process::Git;
use allclear_core::types::text::plain;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What allclear takes from the environment, read once at the edge.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// Variables that git and ssh may see: `PATH`, `HOME`, `SSH_AUTH_SOCK` and the like.
    pub inherited: Vec<(OsString, OsString)>,
    /// Where private stores live.
    pub cache: PathBuf,
}

/// A clone, and what its configuration says about its server.
#[derive(Debug, Clone)]
pub struct Clone {
    /// The directory as given.
    pub dir: PathBuf,
    /// The top of the work tree, where it has one.
    pub work_tree: Option<PathBuf>,
    /// The server's address as git understands it, without a password.
    pub remote: String,
    /// Whether the clone is its own server.
    pub own_server: bool,
    /// The person, `Mira <mira@example.org>`; `None` where git does not know them.
    pub person: Option<String>,
    /// The key that signs entries and tags, where the person signs with SSH.
    pub signing_key: Option<String>,
    /// Whether its history is cut off.
    pub shallow: bool,
    /// Whether it leaves out objects until they are asked for.
    pub partial: bool,
    /// The name of its remote, under which it keeps the server's branches; `None` where it is its own server
    /// or the server was given by its address.
    pub remote_name: Option<String>,
    /// The SSH key under a person's statements: `user.signingkey`, where git signs with SSH at all.
    pub statement_key: Option<String>,
    pub(crate) objects: Option<PathBuf>,
    /// How objects are named: `sha1` or `sha256`.
    pub(crate) format: String,
    pub(crate) transport: Vec<(String, String)>,
    pub(crate) secret: Option<(String, String)>,
}

/// Why a directory cannot be used.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlaceError {
    /// Git itself is missing.
    #[error("{0}")]
    NoGit(String),
    /// It is no repository.
    #[error("`{0}` is not in a git repository")]
    NotARepository(String),
    /// There is no such remote.
    #[error("the clone has no remote `{wanted}`; it has {}", if .has.is_empty() { "none".into() } else { .has.join(", ") })]
    NoSuchRemote {
        /// What was asked for.
        wanted: String,
        /// What there is.
        has: Vec<String>,
    },
    /// The address is not one that allclear connects to.
    #[error("the address `{address}` is not used: {why}")]
    Address {
        /// The address, without secrets.
        address: String,
        /// What is wrong with it.
        why: &'static str,
    },
}

type Settings = BTreeMap<String, Vec<String>>;

impl Clone {
    /// Opens the clone at `dir`. `remote` is a remote's name, an address or a path; `None` is `origin`,
    /// or the repository itself where it has no remotes.
    pub fn open(dir: &Path, remote: Option<&str>, env: &Environment) -> Result<Self, PlaceError> {
        let lost = || PlaceError::NotARepository(plain(&dir.display().to_string()));
        if !dir.is_dir() {
            return Err(lost());
        }
        let git = Reader::new(dir, env);
        // A bare repository answers all but the last, and calls that an error.
        let ask = [
            "rev-parse",
            "--path-format=absolute",
            "--is-shallow-repository",
            "--git-common-dir",
            "--git-path",
            "objects",
            "--show-object-format",
            "--show-toplevel",
        ];
        let shape = git.lines(&ask)?;
        let [shallow, common, objects, format, top @ ..] = &shape[..] else { return Err(lost()) };
        let work_tree = match top {
            [] => None,
            [top] => Some(top.clone()),
            [_, ..] => return Err(lost()),
        };
        let settings = git.settings()?;
        let last = |key: &str| settings.get(key).and_then(|v| v.last()).cloned();
        let partial = settings.keys().any(|k| {
            k == "extensions.partialclone" || (k.starts_with("remote.") && k.ends_with(".promisor"))
        });
        let base = work_tree.as_ref().map_or_else(|| PathBuf::from(common), PathBuf::from);
        let (address, own_server) = address(&settings, remote, &base, Path::new(common))?;
        let remote_name = remote.unwrap_or("origin").to_owned();
        let (remote, secret) = split_secret(&address);
        check(&remote)?;
        let ssh = last("gpg.format").is_some_and(|v| v == "ssh");
        let signs = ssh && last("commit.gpgsign").is_some_and(|v| v == "true");
        let person = last("user.email")
            .map(|email| format!("{} <{email}>", last("user.name").unwrap_or_else(|| email.clone())));
        Ok(Self {
            dir: dir.to_path_buf(),
            work_tree: work_tree.map(PathBuf::from),
            remote,
            own_server,
            shallow: shallow != "false",
            partial,
            remote_name: Some(remote_name)
                .filter(|name| settings.contains_key(&format!("remote.{name}.url"))),
            person,
            signing_key: last("user.signingkey").filter(|_| signs),
            statement_key: last("user.signingkey").filter(|_| ssh).map(|key| at_home(&key, &base, env)),
            objects: (shallow == "false" && !partial).then(|| PathBuf::from(objects)),
            format: format.clone(),
            transport: transport(&settings),
            secret,
        })
    }

    /// Gives the remote's name for people: the last part of its address, without `.git`.
    pub fn name(&self) -> String {
        let path = self.remote.trim_end_matches('/');
        let path = path.strip_suffix("/.git").unwrap_or(path);
        let last = path.rsplit(['/', ':']).next().unwrap_or("project");
        plain(last.strip_suffix(".git").unwrap_or(last))
    }
}

/// Finds a key's file as git would: `~` is the person's home, and another path is one of the clone.
fn at_home(key: &str, base: &Path, env: &Environment) -> String {
    if key.starts_with("key::") || key.starts_with("ssh-") {
        return key.to_owned();
    }
    let home = env.inherited.iter().find(|(name, _)| name == "HOME").map(|(_, home)| PathBuf::from(home));
    let path = match (key.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        (Some(_) | None, _) => base.join(key),
    };
    path.display().to_string()
}

/// Reads a person's own configuration with their own git, and runs nothing that it names.
struct Reader {
    git: Git,
}

impl Reader {
    fn new(dir: &Path, env: &Environment) -> Self {
        Self { git: Git::as_the_person(dir, &env.inherited) }
    }

    /// Gives the lines that git prints before it ends, well or not.
    fn lines(&self, args: &[&str]) -> Result<Vec<String>, PlaceError> {
        let out = self.git.run(args, b"", Duration::from_mins(1)).map_err(|e| match e {
            crate::Failure::Start(_) => PlaceError::NoGit(e.to_string()),
            crate::Failure::Failed { .. } | crate::Failure::TimedOut { .. } | crate::Failure::Odd { .. } => {
                PlaceError::NotARepository(plain(&self.git.dir().display().to_string()))
            }
        })?;
        Ok(String::from_utf8_lossy(&out.stdout).lines().map(str::to_owned).collect())
    }

    fn settings(&self) -> Result<Settings, PlaceError> {
        let out = self
            .git
            .ok(&["config", "-z", "--list", "--includes"], b"")
            .map_err(|e| PlaceError::NoGit(e.to_string()))?;
        let mut settings = Settings::new();
        for item in out.split(|&b| b == 0) {
            let item = String::from_utf8_lossy(item);
            if let Some((key, value)) = item.split_once('\n') {
                settings.entry(key.to_owned()).or_default().push(value.to_owned());
            }
        }
        Ok(settings)
    }
}

fn address(
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
    // The place that is written is the place that is read, so there must be one.
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
        (Some(url), _) => Ok((located(&rewritten(settings, &url), base), false)),
        (None, None) if remotes.is_empty() => Ok((own.display().to_string(), true)),
        (None, Some(given)) if given.contains(['/', ':']) || Path::new(given).is_dir() => {
            let here = std::env::current_dir().unwrap_or_else(|_| base.to_path_buf());
            Ok((located(given, &here), false))
        }
        (None, _) => Err(PlaceError::NoSuchRemote {
            wanted: plain(name),
            has: remotes.iter().map(|r| plain(r)).collect(),
        }),
    }
}

/// Applies `url.<base>.insteadOf` as git does: the longest prefix wins.
fn rewritten(settings: &Settings, url: &str) -> String {
    let rules = settings.iter().filter_map(|(key, prefixes)| {
        let base = key.strip_prefix("url.")?.strip_suffix(".insteadof")?;
        let prefix = prefixes.iter().filter(|p| url.starts_with(p.as_str())).max_by_key(|p| p.len())?;
        Some((prefix.len(), base))
    });
    rules
        .max_by_key(|(len, _)| *len)
        .map_or_else(|| url.to_owned(), |(len, base)| format!("{base}{}", &url[len..]))
}

/// Makes a relative path absolute; leaves addresses alone, and what looks like an option, to be refused.
fn located(url: &str, base: &Path) -> String {
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

/// Gives an address that is fetched from as git takes it, and the secret that it had in it.
pub(crate) fn fetchable(url: &str, base: &Path) -> Result<(String, Option<(String, String)>), PlaceError> {
    let (url, secret) = split_secret(&located(url, base));
    check(&url)?;
    Ok((url, secret))
}

/// Lets git answer with a password that never is in an argument or an address.
pub(crate) fn with_secret(git: Git, secret: Option<&(String, String)>) -> Git {
    let Some((user, password)) = secret else { return git };
    git.with_env("ALLCLEAR_USER", user).with_env("ALLCLEAR_PASSWORD", password).with_config(
        "credential.helper",
        "!f() { test \"$1\" = get && printf 'username=%s\\npassword=%s\\n' \"$ALLCLEAR_USER\" \"$ALLCLEAR_PASSWORD\"; }; f",
    )
}

fn split_secret(url: &str) -> (String, Option<(String, String)>) {
    let Some((scheme, rest)) = url.split_once("://").filter(|(s, _)| matches!(*s, "http" | "https")) else {
        return (url.to_owned(), None);
    };
    let host_end = rest.find('/').unwrap_or(rest.len());
    let Some(at) = rest[..host_end].rfind('@') else { return (url.to_owned(), None) };
    let (user, password) = rest[..at].split_once(':').unwrap_or((&rest[..at], ""));
    (format!("{scheme}://{}", &rest[at + 1..]), Some((user.to_owned(), password.to_owned())))
}

fn check(url: &str) -> Result<(), PlaceError> {
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

/// Takes over how the person connects, and nothing else of their configuration.
fn transport(settings: &Settings) -> Vec<(String, String)> {
    let wanted = |key: &str| {
        key.starts_with("credential.")
            || key == "core.sshcommand"
            || key == "core.askpass"
            || key == "ssh.variant"
            || (key.starts_with("http.") && !key.ends_with(".followredirects") && !key.ends_with("sslverify"))
    };
    let keys = settings.iter().filter(|(key, _)| wanted(key));
    keys.flat_map(|(key, values)| values.iter().map(move |v| (key.clone(), v.clone()))).collect()
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
    }
}
