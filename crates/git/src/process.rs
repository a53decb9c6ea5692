//! Starts git, and nothing else: empty environment, our configuration only, a deadline, an output
//! cap, and the whole process group gone afterwards. The only place that starts a process.

use allclear_core::types::text::plain;
use std::ffi::OsString;
use std::io::{BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// The longest output that is kept in memory, in bytes.
const OUTPUT_CAP: u64 = 1 << 30;
/// How much of what a server writes to standard error is kept, in bytes.
const SAID_CAP: u64 = 64 * 1024;

/// How git is started for one repository.
#[derive(Debug, Clone)]
pub struct Git {
    program: &'static str,
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    config: Vec<(String, String)>,
}

/// What a finished git left behind.
#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `None` where a signal or the deadline ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: Vec<u8>,
    /// Standard error, made safe to show, a line each.
    pub said: Vec<String>,
}

/// Git could not be run, or did not do it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    /// It could not be started.
    #[error("git could not be started ({0}); allclear needs git 2.39 or newer on the PATH")]
    Start(String),
    /// It ran out of time and was ended.
    #[error("git {verb} took longer than {} s and was ended", .after.as_secs())]
    TimedOut {
        /// Its first argument.
        verb: String,
        /// The deadline.
        after: Duration,
    },
    /// It ended with an error.
    #[error("git {verb} failed: {}", .said.last().map_or("it did not say why", String::as_str))]
    Failed {
        /// Its first argument.
        verb: String,
        /// What it wrote to standard error.
        said: Vec<String>,
    },
    /// Its output made no sense.
    #[error("git {verb} answered something unexpected: {what}")]
    Odd {
        /// Its first argument.
        verb: String,
        /// What was odd.
        what: String,
    },
}

/// Every configuration that allclear's git goes by, whatever the machine or the user has set.
const PROFILE: &[(&str, &str)] = &[
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.symlinks", "false"),
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.logAllRefUpdates", "false"),
    ("core.quotePath", "false"),
    ("core.preferSymlinkRefs", "false"),
    ("attr.tree", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
    ("protocol.ext.allow", "never"),
    ("protocol.version", "2"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("fetch.writeCommitGraph", "false"),
    ("transfer.bundleURI", "false"),
    ("http.followRedirects", "false"),
    ("credential.interactive", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("diff.algorithm", "histogram"),
    ("diff.renames", "true"),
    ("diff.noprefix", "false"),
    ("diff.external", ""),
    ("merge.renames", "true"),
    ("merge.renameLimit", "7000"),
    ("merge.directoryRenames", "conflict"),
    ("merge.conflictStyle", "merge"),
    ("safe.bareRepository", "all"),
    ("safe.directory", "*"),
    ("advice.detachedHead", "false"),
    ("push.default", "nothing"),
    ("push.followTags", "false"),
    ("push.gpgSign", "false"),
    ("push.useForceIfIncludes", "false"),
    ("commit.gpgSign", "false"),
    ("tag.gpgSign", "false"),
];

/// Old histories hold harmless flaws that a strict check refuses; what can hurt is still refused.
const HARMLESS: &[&str] = &[
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badName",
    "badTagName",
    "badTimezone",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingTaggerEntry",
    "multipleAuthors",
    "nulInCommit",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
    "gitignoreSymlink",
    "gitattributesSymlink",
    "mailmapSymlink",
    "badFilemode",
    "extraHeaderEntry",
];

impl Git {
    /// Prepares git for the repository `dir`. `inherited` are the few variables it may see.
    pub fn new(dir: impl Into<PathBuf>, inherited: &[(OsString, OsString)]) -> Self {
        let mut env: Vec<(OsString, OsString)> = inherited.to_vec();
        for (key, value) in [
            ("GIT_CONFIG_NOSYSTEM", "1"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_ATTR_NOSYSTEM", "1"),
            ("GIT_TERMINAL_PROMPT", "0"),
            ("GIT_NO_REPLACE_OBJECTS", "1"),
            ("GIT_NO_LAZY_FETCH", "1"),
            ("GIT_OPTIONAL_LOCKS", "0"),
            ("GIT_ALLOW_PROTOCOL", "file:http:https:ssh"),
            ("GIT_PROTOCOL_FROM_USER", "0"),
            ("GIT_ADVICE", "0"),
            ("LC_ALL", "C"),
            ("TZ", "UTC"),
        ] {
            env.push((key.into(), value.into()));
        }
        let mut config: Vec<(String, String)> = PROFILE.iter().map(|&(k, v)| (k.into(), v.into())).collect();
        config.push(("fetch.fsckObjects".into(), "true".into()));
        config.extend(HARMLESS.iter().map(|flaw| (format!("fetch.fsck.{flaw}"), "ignore".into())));
        Self { program: "git", dir: dir.into(), env, config }
    }

    /// Adds one setting.
    pub fn with_config(mut self, key: &str, value: &str) -> Self {
        self.config.push((key.into(), value.into()));
        self
    }

    /// Adds one variable.
    pub fn with_env(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Gives the same git for another directory.
    pub(crate) fn clone_at(&self, dir: &Path) -> Self {
        Self { dir: dir.to_path_buf(), ..self.clone() }
    }

    /// Starts a companion of git in its place, in the same small world.
    pub(crate) fn with_program(self, program: &'static str) -> Self {
        Self { program, ..self }
    }

    /// Gives the directory that git runs in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    #[allow(clippy::disallowed_methods, reason = "the one home of Command::new")]
    pub(crate) fn start(&self, args: &[&str]) -> Result<Child, Failure> {
        let mut command = Command::new(self.program);
        command.current_dir(&self.dir).env_clear().envs(self.env.iter().map(|(k, v)| (k, v)));
        command.env("GIT_CONFIG_COUNT", self.config.len().to_string());
        for (n, (key, value)) in self.config.iter().enumerate() {
            command.env(format!("GIT_CONFIG_KEY_{n}"), key).env(format!("GIT_CONFIG_VALUE_{n}"), value);
        }
        command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).spawn().map_err(|e| Failure::Start(e.to_string()))
    }

    /// Runs git to its end, whatever its exit code.
    pub fn run(&self, args: &[&str], stdin: &[u8], limit: Duration) -> Result<Output, Failure> {
        let mut stdout = Vec::new();
        let (code, said) = self
            .stream(args, stdin, limit, &mut |out| out.take(OUTPUT_CAP).read_to_end(&mut stdout).map(drop))?;
        Ok(Output { code, stdout, said })
    }

    /// Runs git and hands its output over as it comes.
    pub(crate) fn stream(
        &self,
        args: &[&str],
        stdin: &[u8],
        limit: Duration,
        read: &mut dyn FnMut(&mut dyn std::io::BufRead) -> std::io::Result<()>,
    ) -> Result<(Option<i32>, Vec<String>), Failure> {
        let mut child = self.start(args)?;
        let group = rustix::process::Pid::from_child(&child);
        let (mut input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (done, ended) = mpsc::channel::<()>();
        std::thread::scope(|scope| {
            let watch = scope.spawn(move || {
                let late = ended.recv_timeout(limit).is_err_and(|e| e == mpsc::RecvTimeoutError::Timeout);
                if late {
                    let _gone_already =
                        rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                late
            });
            scope.spawn(move || {
                // A git that ends early closes its input; what it says tells why.
                if let Some(input) = input.as_mut() {
                    drop(input.write_all(stdin));
                }
                drop(input);
            });
            let said = scope.spawn(move || {
                let mut bytes = Vec::new();
                if let Some(errors) = errors {
                    let mut errors = BufReader::new(errors);
                    drop(errors.by_ref().take(SAID_CAP).read_to_end(&mut bytes));
                    drop(std::io::copy(&mut errors, &mut std::io::sink()));
                }
                String::from_utf8_lossy(&bytes)
                    .lines()
                    .map(plain)
                    .filter(|l| !l.trim().is_empty())
                    .collect::<Vec<_>>()
            });
            let odd = output.and_then(|out| {
                let mut out = BufReader::with_capacity(64 * 1024, out);
                let answer = read(&mut out).err();
                if answer.is_some() {
                    // Nobody wants the rest, which may be without end.
                    let _gone_already =
                        rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
                }
                drop(std::io::copy(&mut out, &mut std::io::sink()));
                answer
            });
            let said = said.join().unwrap_or_default();
            let status = child.wait();
            drop(done);
            let verb = || args.first().copied().unwrap_or_default().to_owned();
            if watch.join().unwrap_or(false) {
                return Err(Failure::TimedOut { verb: verb(), after: limit });
            }
            if let Some(odd) = odd {
                return Err(Failure::Odd { verb: verb(), what: plain(&odd.to_string()) });
            }
            Ok((status.ok().and_then(|s| s.code()), said))
        })
    }

    /// Runs git, and takes any exit code but 0 for an error.
    pub fn ok(&self, args: &[&str], stdin: &[u8]) -> Result<Vec<u8>, Failure> {
        let output = self.run(args, stdin, Duration::from_mins(10))?;
        if output.code == Some(0) {
            Ok(output.stdout)
        } else {
            let verb = args.first().copied().unwrap_or_default().to_owned();
            Err(Failure::Failed { verb, said: output.said })
        }
    }

    /// Runs git and gives its output as one trimmed line.
    pub fn line(&self, args: &[&str], stdin: &[u8]) -> Result<String, Failure> {
        let out = self.ok(args, stdin)?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }
}

impl Git {
    /// Prepares git to read a person's own configuration: their environment, and no profile of ours.
    pub(crate) fn as_the_person(dir: &Path, inherited: &[(OsString, OsString)]) -> Self {
        let mut env = inherited.to_vec();
        env.push(("LC_ALL".into(), "C".into()));
        env.push(("GIT_OPTIONAL_LOCKS".into(), "0".into()));
        let config = [("core.hooksPath", "/dev/null"), ("core.fsmonitor", "false"), ("safe.directory", "*")];
        Self {
            program: "git",
            dir: dir.to_path_buf(),
            env,
            config: config.iter().map(|&(k, v)| (k.into(), v.into())).collect(),
        }
    }
}
