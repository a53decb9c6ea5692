//! A resolver, such as the go command. It runs as the caller, outside of any sandbox, and runs no foreign code.

use allclear_host::process::{End, Errors, Program, Run};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// Some resolvers wait for ever for a registry that does not answer.
const LIMIT: Duration = Duration::from_mins(15);
/// For questions about the tool itself.
const QUESTION_LIMIT: Duration = Duration::from_mins(1);
const MAX_OUTPUT: u64 = 1 << 30;
const MAX_ERRORS: usize = 16 << 20;
pub(crate) const TIMED_OUT: &str = "was not through after";

/// The caller's variables that a fetch needs: who they are, how they reach the network, and what they trust.
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

#[derive(Debug, Clone)]
pub(crate) struct Tool {
    name: &'static str,
    program: PathBuf,
    env: Vec<(OsString, OsString)>,
    stopped: Arc<AtomicBool>,
}

#[derive(Debug)]
pub(crate) struct ToolOutput {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Tool {
    /// Finds a program on the caller's `PATH`. It gets the variables that every fetch needs and those for which
    /// `own` is true. Its commands end when `stopped` is set.
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
            // It runs in strangers' folders.
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

    pub(crate) fn env(&self) -> &[(OsString, OsString)] {
        &self.env
    }

    /// Asks the tool about itself.
    pub(crate) fn ask(&self, args: &[&str], vars: &[(&str, &str)]) -> Result<Vec<u8>, String> {
        let program = self.program(args).envs(vars.iter().copied());
        let (_, output) =
            program.output(&Run::within(QUESTION_LIMIT), MAX_OUTPUT).map_err(|e| self.not_started(&e))?;
        Ok(output)
    }

    pub(crate) fn run(&self, dir: &Path, vars: &BTreeMap<&'static str, String>, args: &[&str]) -> ToolOutput {
        let program = self.program(args).dir(dir);
        let program = program.envs([("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C")]).envs(vars);
        let how =
            Run { stopped: Some(&self.stopped), errors: Errors::Kept(MAX_ERRORS), ..Run::within(LIMIT) };
        let failed = |err: String| ToolOutput { ok: false, out: String::new(), err };
        match program.output(&how, MAX_OUTPUT) {
            Ok((ended, output)) => match ended.end {
                End::Exit(_) | End::Signal(_) => ToolOutput {
                    ok: matches!(ended.end, End::Exit(0)),
                    out: String::from_utf8_lossy(&output).into_owned(),
                    err: String::from_utf8_lossy(&ended.errors).into_owned(),
                },
                End::TimedOut | End::Stopped | End::Refused(_) => {
                    failed(format!("{} {TIMED_OUT} {} min", self.name, LIMIT.as_secs() / 60))
                }
            },
            Err(e) => failed(self.not_started(&e)),
        }
    }

    fn program(&self, args: &[&str]) -> Program {
        Program::new(&self.program).args(args.iter().copied()).envs(self.env.iter().map(|(k, v)| (k, v)))
    }

    fn not_started(&self, why: &std::io::Error) -> String {
        format!("{} could not be started: {why}", self.name)
    }
}
