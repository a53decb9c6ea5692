//! The clone that a person points at: where its server is, who they are, and how they connect. It is only read.

use super::address::{Address, PlaceError, Settings, address, check, shown, split_secret};
use crate::process::{Failure, Git, Output, words};
use allclear_core::types::text::plain;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// The only variables that git and ssh may see: `PATH`, `HOME`, `SSH_AUTH_SOCK` and the like.
    pub inherited: Vec<(OsString, OsString)>,
    pub cache: PathBuf,
}

#[derive(Debug, Clone)]
pub struct Clone {
    pub dir: PathBuf,
    pub work_tree: Option<PathBuf>,
    /// The server's address, without a password.
    pub remote: String,
    pub own_server: bool,
    /// Where git fetches from, if that is not where it pushes to; without a login.
    pub fetched_from: Option<String>,
    /// `Mira <mira@example.org>`; `None` if git does not know the person.
    pub person: Option<String>,
    /// The key that signs entries and tags, if the person signs with SSH.
    pub signing_key: Option<String>,
    pub shallow: bool,
    pub partial: bool,
    /// The remote's name, under which the clone keeps the server's branches; `None` if the clone is its own
    /// server, or the server was given by its address.
    pub remote_name: Option<String>,
    /// The SSH key for statements: `user.signingkey`, if git signs with SSH at all.
    pub statement_key: Option<String>,
    pub(crate) objects: Option<PathBuf>,
    /// How objects are named: `sha1` or `sha256`.
    pub(crate) format: String,
    pub(crate) transport: Vec<(String, String)>,
    pub(crate) secret: Option<(String, String)>,
    /// The directories of others that the person trusts, as `safe.directory` of git.
    pub(crate) trusted: Vec<String>,
}

impl Clone {
    /// Opens the clone at `dir`. `remote` is a remote's name, an address or a path; `None` is `origin`,
    /// or the repository itself where it has no remotes.
    ///
    /// Git decides whether the repository is to be trusted (`safe.directory`): where it belongs to somebody else, its
    /// settings are not read.
    pub fn open(dir: &Path, remote: Option<&str>, env: &Environment) -> Result<Self, PlaceError> {
        let lost = || PlaceError::NotARepository(plain(&dir.display().to_string()));
        if !dir.is_dir() {
            return Err(lost());
        }
        let git = Reader::new(dir, env);
        // A bare repository answers all but the last, and exits with an error.
        let mut ask = words("rev-parse --path-format=absolute --is-shallow-repository --git-common-dir");
        ask.extend(["--git-path", "objects", "--show-object-format", "--show-toplevel"]);
        // Neither waits for the other: together they are half of what a look without a server takes.
        let (shape, settings) = std::thread::scope(|scope| {
            let settings = scope.spawn(|| git.settings());
            (git.run(&ask), settings.join())
        });
        let shape = shape?;
        let lines: Vec<String> = String::from_utf8_lossy(&shape.stdout).lines().map(str::to_owned).collect();
        let [shallow, common, objects, format, top @ ..] = &lines[..] else {
            return Err(git.foreign(&shape)?.unwrap_or_else(lost));
        };
        let work_tree = match top {
            [] => None,
            [top] => Some(top.clone()),
            [_, ..] => return Err(lost()),
        };
        let (settings, trusted) = settings.unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        let last = |key: &str| settings.get(key).and_then(|v| v.last()).cloned();
        let partial = settings.keys().any(|k| {
            k == "extensions.partialclone" || (k.starts_with("remote.") && k.ends_with(".promisor"))
        });
        let base = work_tree.as_ref().map_or_else(|| PathBuf::from(common), PathBuf::from);
        let Address { url, fetched, own } = address(&settings, remote, &base, Path::new(common))?;
        let remote_name = remote.unwrap_or("origin").to_owned();
        let (remote, secret) = split_secret(&url);
        check(&remote)?;
        let ssh = last("gpg.format").is_some_and(|v| v == "ssh");
        let signs = ssh && last("commit.gpgsign").is_some_and(|v| v == "true");
        let person = last("user.email")
            .map(|email| format!("{} <{email}>", last("user.name").unwrap_or_else(|| email.clone())));
        Ok(Self {
            dir: dir.to_path_buf(),
            work_tree: work_tree.map(PathBuf::from),
            remote,
            own_server: own,
            fetched_from: fetched.as_deref().map(shown),
            shallow: shallow != "false",
            partial,
            remote_name: Some(remote_name)
                .filter(|name| settings.contains_key(&format!("remote.{name}.url"))),
            person,
            signing_key: last("user.signingkey").filter(|_| signs),
            statement_key: last("user.signingkey").filter(|_| ssh).map(|key| key_file(&key, &base, env)),
            objects: (shallow == "false" && !partial).then(|| PathBuf::from(objects)),
            format: format.clone(),
            transport: transport(&settings),
            secret,
            trusted,
        })
    }

    /// The last part of the address, without `.git`.
    pub fn name(&self) -> String {
        let path = self.remote.trim_end_matches('/');
        let path = path.strip_suffix("/.git").unwrap_or(path);
        let last = path.rsplit(['/', ':']).next().unwrap_or("project");
        plain(last.strip_suffix(".git").unwrap_or(last))
    }
}

/// Finds a key's file as git does: `~` is the person's home, and other paths start at the clone.
fn key_file(key: &str, base: &Path, env: &Environment) -> String {
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

/// Reads a person's own configuration with their own git, which runs nothing that it names for that.
struct Reader {
    git: Git,
}

impl Reader {
    fn new(dir: &Path, env: &Environment) -> Self {
        Self { git: Git::with_user_config(dir, &env.inherited) }
    }

    fn run(&self, args: &[&str]) -> Result<Output, PlaceError> {
        self.git.run(args, b"", Duration::from_mins(1)).map_err(|e| match e {
            Failure::Start(_) => PlaceError::NoGit(e.to_string()),
            Failure::Failed { .. } | Failure::TimedOut { .. } | Failure::Odd { .. } => {
                PlaceError::NotARepository(plain(&self.git.dir().display().to_string()))
            }
        })
    }

    /// Tells whether git would use a repository that it does not, if the person trusted its owner. `answer` is what git
    /// said of it.
    fn foreign(&self, answer: &Output) -> Result<Option<PlaceError>, PlaceError> {
        let trusting = Self { git: self.git.clone().with_config("safe.directory", "*") };
        let places = trusting.run(&["rev-parse", "--absolute-git-dir", "--show-toplevel"])?.stdout;
        // The owner of the work tree counts, or of a bare repository; git names neither of them twice.
        let dir = String::from_utf8_lossy(&places).lines().last().map(plain);
        let said =
            answer.said.first().map_or("it does not say why", |line| line.trim_start_matches("fatal: "));
        Ok(dir.map(|dir| PlaceError::Foreign { dir, said: said.to_owned() }))
    }

    /// Reads all settings; also gives the directories that the person trusts, which no repository can name itself.
    fn settings(&self) -> Result<(Settings, Vec<String>), PlaceError> {
        let out = self
            .git
            .ok(&["config", "-z", "--list", "--includes", "--show-scope"], b"")
            .map_err(|e| PlaceError::NoGit(e.to_string()))?;
        let (mut settings, mut trusted) = (Settings::new(), Vec::new());
        let mut fields = out.split(|&b| b == 0).map(String::from_utf8_lossy);
        while let (Some(scope), Some(item)) = (fields.next(), fields.next()) {
            let Some((key, value)) = item.split_once('\n') else { continue };
            if key == "safe.directory" && !matches!(&*scope, "local" | "worktree") {
                trusted.push(value.to_owned());
            }
            settings.entry(key.to_owned()).or_default().push(value.to_owned());
        }
        Ok((settings, trusted))
    }
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
