//! A resolver of the caller's, such as the go command. It resolves and fetches as the caller, outside of any sandbox, and
//! runs no foreign code.

use crate::process;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long one command may take: some resolvers wait for ever for a registry that says nothing.
const LIMIT: Duration = Duration::from_mins(15);
/// What is said of a command that took longer.
pub(crate) const LATE: &str = "was not through after";

/// Variables that a fetch needs of the caller: who they are, how they reach the network, and what they trust.
const INHERITED: [&str; 14] = [
    "PATH",
    "HOME",
    "SSH_AUTH_SOCK",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "NETRC",
    "GIT_SSH_COMMAND",
    "GIT_SSL_CAINFO",
];

/// A program of the caller's, and what it needs of the caller's environment.
#[derive(Debug, Clone)]
pub(crate) struct Tool {
    name: &'static str,
    program: PathBuf,
    env: Vec<(OsString, OsString)>,
    stopped: Arc<AtomicBool>,
}

/// What a command printed, and whether it ended well.
#[derive(Debug)]
pub(crate) struct ToolOutput {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tool {
    /// Finds a program on the caller's `PATH`. Beside what every fetch needs it gets the variables that are its `own`.
    /// What it does ends when `stopped` is set.
    pub(crate) fn find(
        name: &'static str,
        env: &[(OsString, OsString)],
        own: impl Fn(&str) -> bool,
        stopped: &Arc<AtomicBool>,
    ) -> Option<Self> {
        let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        let program = path
            .iter()
            .flat_map(std::env::split_paths)
            // It runs in folders of strangers.
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join(name))
            .find(|file| file.is_file())?;
        let inherits = |name: &OsString| {
            let name = name.to_string_lossy();
            INHERITED.contains(&&*name) || own(&name)
        };
        let env = env.iter().filter(|(name, _)| inherits(name)).cloned().collect();
        Some(Self { name, program, env, stopped: Arc::clone(stopped) })
    }

    /// Gives what it gets of the caller's environment.
    pub(crate) fn env(&self) -> &[(OsString, OsString)] {
        &self.env
    }

    /// Asks it something about itself.
    pub(crate) fn ask(&self, args: &[&str], vars: &[(&str, &str)]) -> Result<Output, String> {
        let mut command = process::command(&self.program);
        command.args(args).envs(self.env.iter().map(|(k, v)| (k, v))).envs(vars.iter().copied());
        command.output().map_err(|e| format!("{} could not be started: {e}", self.name))
    }

    /// Runs it in a directory.
    pub(crate) fn run(&self, dir: &Path, vars: &BTreeMap<&'static str, String>, args: &[&str]) -> ToolOutput {
        let mut command = process::command(&self.program);
        command.args(args).current_dir(dir).envs(self.env.iter().map(|(k, v)| (k, v)));
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").envs(vars);
        let failed = |err: String| ToolOutput { ok: false, out: String::new(), err };
        match process::output(command, LIMIT, &self.stopped) {
            Ok(output) => ToolOutput {
                ok: output.status.success(),
                out: String::from_utf8_lossy(&output.stdout).into_owned(),
                err: String::from_utf8_lossy(&output.stderr).into_owned(),
            },
            Err(e) if e.kind() == std::io::ErrorKind::TimedOut => {
                failed(format!("{} {LATE} {} min", self.name, LIMIT.as_secs() / 60))
            }
            Err(e) => failed(format!("{} could not be started: {e}", self.name)),
        }
    }
}
