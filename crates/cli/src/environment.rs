//! The environment of the process: read here and nowhere else.

use allclear_engine::{Fault, FaultKind};
use allclear_git::Environment;
use std::ffi::OsString;
use std::path::PathBuf;

/// The variables that git and ssh may see, beside those with which a caller configures git (`GIT_CONFIG_…`).
const INHERITED: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SSH_AUTH_SOCK",
    "SSH_AGENT_PID",
    "SSH_ASKPASS",
    "DISPLAY",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "GIT_SSL_CAINFO",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "GIT_ASKPASS",
    "XDG_CONFIG_HOME",
    "SUDO_UID",
];

/// Gives what git and ssh may see of the environment.
pub(crate) fn inherited() -> Vec<(OsString, OsString)> {
    let seen = |name: &OsString| {
        let name = name.to_string_lossy();
        INHERITED.contains(&&*name) || name.starts_with("GIT_CONFIG")
    };
    whole_environment().into_iter().filter(|(name, _)| seen(name)).collect()
}

/// Reads the environment, once.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn environment() -> Result<Environment, Fault> {
    let absolute = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|p| p.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")));
    let caches = caches.ok_or_else(|| {
        let what =
            "there is no place for allclear's cache: neither XDG_CACHE_HOME nor HOME names a directory";
        Fault::new(FaultKind::Usage, what).hint("set HOME, or XDG_CACHE_HOME to a directory of yours")
    })?;
    Ok(Environment { inherited: inherited(), cache: caches.join("allclear") })
}

/// Gives what is to be shown of how things went.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn log_level() -> Option<OsString> {
    std::env::var_os("ALLCLEAR_LOG")
}

/// Gives the whole environment, for what the project itself wants run: its steps need their tokens.
pub(crate) fn whole_environment() -> Vec<(OsString, OsString)> {
    std::env::vars_os().collect()
}

/// Tells whether a CI system runs us.
#[allow(clippy::disallowed_methods, reason = "the one place that reads the environment")]
pub(crate) fn in_ci() -> bool {
    std::env::var_os("CI").is_some_and(|v| !v.is_empty() && v != "false" && v != "0")
}
