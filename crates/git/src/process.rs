//! Starts git with an empty environment, our configuration only, a deadline and a limit on the output.

use allclear_core::types::text::plain;
use allclear_core::types::text::secrets::Secrets;
use allclear_host::process::{End, Errors, Group, Leftovers, Program, Run};
use rustix::fs::{MemfdFlags, memfd_create};
use std::ffi::OsString;
use std::fs::File;
use std::io::Read;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const OUTPUT_CAP: u64 = 1 << 30;
const SAID_CAP: usize = 64 * 1024;

#[derive(Debug, Clone)]
pub struct Git {
    program: &'static str,
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    config: Vec<(String, String)>,
    /// What replaces the user's configuration also where a repository on this machine is served by a git of its own.
    _global: Option<Arc<File>>,
}

#[derive(Debug, Clone)]
pub struct Output {
    /// The exit code; `None` where a signal or the deadline ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    /// Standard error, made safe to show, a line each.
    pub said: Vec<String>,
}

/// Why git failed. `verb` is its first argument.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Failure {
    #[error("git could not be started ({0}); allclear needs git 2.39 or newer on the PATH")]
    Start(String),
    #[error("git {verb} took longer than {} s and was ended", .after.as_secs())]
    TimedOut { verb: String, after: Duration },
    #[error("git {verb} failed: {}", .said.last().map_or("it did not say why", String::as_str))]
    Failed {
        verb: String,
        /// Standard error.
        said: Vec<String>,
    },
    #[error("git {verb} answered something unexpected: {what}")]
    Odd { verb: String, what: String },
}

/// The configuration that replaces whatever the machine or the user has set.
const CONFIG: &[(&str, &str)] = &[
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
    ("diff.suppressBlankEmpty", "false"),
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

/// Flaws of old histories that are harmless and that a strict check would refuse; dangerous ones are still
/// refused.
const HARMLESS_FLAWS: &str = "badDate badDateOverflow badEmail badName badTagName badTimezone missingEmail missingNameBeforeEmail \
    missingSpaceBeforeDate missingSpaceBeforeEmail missingTaggerEntry multipleAuthors nulInCommit \
    zeroPaddedDate zeroPaddedFilemode gitignoreSymlink gitattributesSymlink mailmapSymlink badFilemode \
    extraHeaderEntry";

impl Git {
    /// Prepares git for a repository. `inherited` are the only variables of the caller that it sees.
    pub fn new(dir: impl Into<PathBuf>, inherited: &[(OsString, OsString)]) -> Self {
        let configures = |name: &OsString| name.to_string_lossy().starts_with("GIT_CONFIG");
        let mut env: Vec<(OsString, OsString)> =
            inherited.iter().filter(|(name, _)| !configures(name)).cloned().collect();
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
            ("GIT_DEFAULT_REF_FORMAT", "files"),
            ("LC_ALL", "C"),
            ("TZ", "UTC"),
        ] {
            env.push((key.into(), value.into()));
        }
        let mut config: Vec<(String, String)> = CONFIG.iter().map(|&(k, v)| (k.into(), v.into())).collect();
        config.push(("fetch.fsckObjects".into(), "true".into()));
        config.extend(HARMLESS_FLAWS.split(' ').map(|flaw| (format!("fetch.fsck.{flaw}"), "ignore".into())));
        Self { program: "git", dir: dir.into(), env, config, _global: None }
    }

    pub fn with_config(mut self, key: &str, value: &str) -> Self {
        self.config.push((key.into(), value.into()));
        self
    }

    pub fn with_env(mut self, key: &str, value: impl Into<OsString>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }

    /// Lets git use repositories of other users, as `safe.directory` does: a server on this machine is another git, which
    /// sees no configuration but in files.
    pub(crate) fn trusting(self, directories: &[String]) -> std::io::Result<Self> {
        if directories.is_empty() {
            return Ok(self);
        }
        let escaped = |path: &String| path.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
        let lines: String =
            directories.iter().map(|path| format!("directory = \"{}\"\n", escaped(path))).collect();
        let file = memory("config")?;
        file.write_all_at(format!("[safe]\n{lines}").as_bytes(), 0)?;
        let path = format!("/proc/{}/fd/{}", std::process::id(), file.as_raw_fd());
        Ok(Self { _global: Some(Arc::new(file)), ..self.with_env("GIT_CONFIG_GLOBAL", path) })
    }

    pub(crate) fn clone_at(&self, dir: &Path) -> Self {
        Self { dir: dir.to_path_buf(), ..self.clone() }
    }

    /// Runs another program, such as `ssh-keygen`, with the same environment.
    pub(crate) fn with_program(self, program: &'static str) -> Self {
        Self { program, ..self }
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn program(&self, args: &[&str]) -> Program {
        let config = self.config.iter().enumerate().flat_map(|(n, (key, value))| {
            [(format!("GIT_CONFIG_KEY_{n}"), key), (format!("GIT_CONFIG_VALUE_{n}"), value)]
        });
        let count = (!self.config.is_empty()).then(|| ("GIT_CONFIG_COUNT", self.config.len().to_string()));
        Program::new(self.program)
            .args(args.iter().copied())
            .dir(&self.dir)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .envs(count)
            .envs(config)
    }

    /// Starts git for a caller that watches the process itself.
    pub(crate) fn start(&self, args: &[&str], errors: Stdio) -> Result<Child, Failure> {
        let started = self.program(args).spawn(Group::Own, Stdio::piped(), Stdio::piped(), errors);
        started.map_err(|e| Failure::Start(e.to_string()))
    }

    /// Traces a process that has ended. Of its arguments only the names of options are shown: their values and the
    /// rest may be secrets, such as an address with a password.
    pub(crate) fn trace(&self, args: &[&str], began: Instant, exit: Option<i32>) {
        tracing::debug!(
            subcommand = args.iter().find(|arg| !arg.starts_with('-')),
            options = %options(args),
            exit,
            elapsed = ?began.elapsed(),
            "{}", self.program
        );
    }

    /// Runs git to its end, whatever its exit code.
    pub fn run(&self, args: &[&str], stdin: &[u8], limit: Duration) -> Result<Output, Failure> {
        let mut stdout = Vec::new();
        let (code, said) = self
            .stream(args, stdin, limit, &mut |out| out.take(OUTPUT_CAP).read_to_end(&mut stdout).map(drop))?;
        Ok(Output { code, stdout, said })
    }

    /// Runs git, and hands its output to `read` as it comes.
    pub(crate) fn stream(
        &self,
        args: &[&str],
        stdin: &[u8],
        limit: Duration,
        read: &mut dyn FnMut(&mut dyn std::io::BufRead) -> std::io::Result<()>,
    ) -> Result<(Option<i32>, Vec<String>), Failure> {
        // A walk would hand over each commit by itself, as to somebody who waits for it.
        let walks = matches!(args.first(), Some(&("rev-list" | "log" | "diff-tree")));
        let program = self.program(args).envs(walks.then_some(("GIT_FLUSH", "0")));
        self.watch(&program, args, stdin, limit, read)
    }

    /// Runs git, and sends its output to a file.
    pub(crate) fn write(
        &self,
        args: &[&str],
        stdin: &[u8],
        limit: Duration,
        file: File,
    ) -> Result<(Option<i32>, Vec<String>), Failure> {
        self.watch(&self.program(args).output_to(file), args, stdin, limit, &mut |_| Ok(()))
    }

    fn watch(
        &self,
        program: &Program,
        args: &[&str],
        stdin: &[u8],
        limit: Duration,
        read: &mut dyn FnMut(&mut dyn std::io::BufRead) -> std::io::Result<()>,
    ) -> Result<(Option<i32>, Vec<String>), Failure> {
        let how = Run {
            input: stdin,
            limit,
            stopped: None,
            errors: Errors::Kept(SAID_CAP),
            // A server on this machine may be among them, and must not be killed in the middle.
            leftovers: Leftovers::Awaited,
        };
        let began = Instant::now();
        let ended = program.run(&how, read).map_err(|e| Failure::Start(e.to_string()))?;
        let code = if let End::Exit(code) = ended.end { Some(code) } else { None };
        self.trace(args, began, code);
        let said = self.said(&ended.errors);
        let verb = verb(args);
        match ended.end {
            End::Exit(code) => Ok((Some(code), said)),
            End::Signal(_) => Ok((None, said)),
            End::TimedOut | End::Stopped => Err(Failure::TimedOut { verb, after: limit }),
            End::Refused(odd) => Err(Failure::Odd { verb, what: plain(&odd.to_string()) }),
        }
    }

    /// Gives the lines of standard error without secrets, safe to show. Hooks of a server write there too.
    pub(crate) fn said(&self, errors: &[u8]) -> Vec<String> {
        let text = String::from_utf8_lossy(errors);
        let lines = Secrets::of(&self.env).masked(&text);
        lines.lines().map(plain).filter(|line| !line.trim().is_empty()).collect()
    }

    /// Runs git; any exit code but 0 is an error.
    pub fn ok(&self, args: &[&str], stdin: &[u8]) -> Result<Vec<u8>, Failure> {
        let output = self.run(args, stdin, Duration::from_mins(10))?;
        if output.code == Some(0) {
            Ok(output.stdout)
        } else {
            Err(Failure::Failed { verb: verb(args), said: output.said })
        }
    }

    pub fn line(&self, args: &[&str], stdin: &[u8]) -> Result<String, Failure> {
        let out = self.ok(args, stdin)?;
        Ok(String::from_utf8_lossy(&out).trim().to_owned())
    }
}

/// Makes a file in memory.
pub(crate) fn memory(name: &str) -> std::io::Result<File> {
    Ok(memfd_create(name, MemfdFlags::CLOEXEC)?.into())
}

/// Splits arguments that have no spaces in them.
pub(crate) fn words(args: &str) -> Vec<&str> {
    args.split(' ').collect()
}

pub(crate) fn verb(args: &[&str]) -> String {
    args.first().copied().unwrap_or_default().to_owned()
}

fn options(args: &[&str]) -> String {
    let name = |arg: &str| match arg.strip_prefix("--") {
        Some(long) => Some(format!("--{}", long.split('=').next()?)),
        None => Some(format!("-{}", arg.strip_prefix('-')?.chars().next()?)),
    };
    let mut names: Vec<String> =
        args.iter().take_while(|arg| **arg != "--").filter_map(|arg| name(arg)).collect();
    names.dedup();
    names.join(" ")
}

impl Git {
    /// Prepares git to read a person's own configuration: with their environment, and none of our settings.
    pub(crate) fn with_user_config(dir: &Path, inherited: &[(OsString, OsString)]) -> Self {
        let git = Self {
            program: "git",
            dir: dir.to_path_buf(),
            env: inherited.to_vec(),
            config: Vec::new(),
            _global: None,
        };
        git.with_env("LC_ALL", "C").with_env("GIT_OPTIONAL_LOCKS", "0")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_traced_without_their_values() {
        let args = ["push", "-q", "-Ssecret", "-u", "secret", "--force-with-lease=refs/heads/a:", "-F", "-"];
        let more = ["--force-with-lease=refs/heads/b:", "--", "https://secret@host", "--no-option"];
        assert_eq!(
            options(&[&args[..], &more].concat()),
            "-q -S -u --force-with-lease -F --force-with-lease"
        );
    }
}
