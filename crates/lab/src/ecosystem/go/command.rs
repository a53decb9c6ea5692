//! The go command on this machine, outside of any sandbox: it resolves and fetches, and runs no foreign code.

use super::proxy::ProxyClient;
use crate::process;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

/// How long one command may take: a proxy that says nothing is waited for by the go command for ever.
const LIMIT: Duration = Duration::from_mins(15);

/// How it begins when that was too long.
pub(crate) const LATE: &str = "go was not through after";

/// Variables that a fetch needs of the caller: who they are, how they get out, and what they trust.
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

/// What the go command says of itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) struct Settings {
    /// Where it lives.
    pub(crate) goroot: PathBuf,
    /// Its version, `go1.26.8`.
    pub(crate) goversion: String,
    /// Where modules are asked for.
    pub(crate) goproxy: String,
    gosumdb: String,
    gonosumdb: String,
    gonoproxy: String,
    goprivate: String,
    /// `linux` and the like.
    pub(crate) goos: String,
    pub(crate) goarch: String,
    pub(crate) cgo_enabled: String,
}

/// The go command, and the caller's environment.
#[derive(Debug, Clone)]
pub(crate) struct Go {
    program: PathBuf,
    /// What a fetch needs of the caller's environment.
    pub(crate) inherited: Vec<(OsString, OsString)>,
    pub(crate) settings: Settings,
    stopped: Arc<AtomicBool>,
}

/// What a go command printed, and whether it ended well.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) ok: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Go {
    /// Finds the go command on the caller's `PATH`. What it does ends when `stopped` is set.
    pub(crate) fn find(env: &[(OsString, OsString)], stopped: &Arc<AtomicBool>) -> Result<Self, String> {
        let missing =
            || "go is not installed; install Go from https://go.dev/dl or with apt install golang-go";
        let path = env.iter().find(|(name, _)| name == "PATH").map(|(_, value)| value.clone());
        let program = path
            .iter()
            .flat_map(std::env::split_paths)
            // It runs in folders of strangers.
            .filter(|dir| dir.is_absolute())
            .map(|dir| dir.join("go"))
            .find(|file| file.is_file())
            .ok_or_else(missing)?;
        let seen = |name: &OsString| {
            let name = name.to_string_lossy();
            INHERITED.contains(&&*name) || name.starts_with("GO") && !name.starts_with("GOFLAGS")
        };
        let inherited: Vec<_> = env.iter().filter(|(name, _)| seen(name)).cloned().collect();
        let mut ask = process::command(&program);
        ask.args(["env", "-json"]).envs(inherited.iter().map(|(k, v)| (k, v))).env("GOTOOLCHAIN", "local");
        let output = ask.output().map_err(|e| format!("go could not be started: {e}"))?;
        let settings = serde_json::from_slice(&output.stdout)
            .map_err(|_| "go env does not answer; allclear needs Go 1.21 or newer".to_owned())?;
        Ok(Self { program, inherited, settings, stopped: Arc::clone(stopped) })
    }

    /// Gives the variables that say where modules are asked for: from the overlay first. Where the caller keeps
    /// the project's own module away from public proxies, so is everything else.
    pub(crate) fn places(&self, proxy: &ProxyClient, module: &str) -> BTreeMap<&'static str, String> {
        let settings = &self.settings;
        let private = if settings.gonoproxy.is_empty() { &settings.goprivate } else { &settings.gonoproxy };
        let mut vars = BTreeMap::new();
        let sums = if settings.gonosumdb.is_empty() { &settings.goprivate } else { &settings.gonosumdb };
        vars.insert("GONOSUMDB", [module, sums].join(",").trim_matches(',').to_owned());
        vars.insert("GOSUMDB", settings.gosumdb.clone());
        vars.insert("GOPRIVATE", String::new());
        if matches(private, module) {
            vars.insert("GONOPROXY", "none".into());
            vars.insert("GOPROXY", format!("{},direct", proxy.url()));
        } else {
            vars.insert("GONOPROXY", private.clone());
            vars.insert("GOPROXY", proxy.go_proxy().to_owned());
        }
        vars
    }

    /// Runs a go command in a directory.
    pub(crate) fn run(&self, dir: &Path, vars: &BTreeMap<&'static str, String>, args: &[&str]) -> Said {
        let mut go = process::command(&self.program);
        go.args(args).current_dir(dir).envs(self.inherited.iter().map(|(k, v)| (k, v)));
        go.env("GOENV", "off").env("GOWORK", "off").env("GOTOOLCHAIN", "local").env("GOTELEMETRY", "off");
        go.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C").envs(vars);
        let failed = |err: String| Said { ok: false, out: String::new(), err };
        match process::output(go, LIMIT, &self.stopped) {
            Ok(output) => Said {
                ok: output.status.success(),
                out: String::from_utf8_lossy(&output.stdout).into_owned(),
                err: String::from_utf8_lossy(&output.stderr).into_owned(),
            },
            Err(e) if e.kind() == std::io::ErrorKind::TimedOut => {
                failed(format!("{LATE} {} min", LIMIT.as_secs() / 60))
            }
            Err(e) => failed(format!("go could not be started: {e}")),
        }
    }
}

/// Tells whether a module path is matched by a list of globs over path prefixes, as `GOPRIVATE` has them.
fn matches(globs: &str, module: &str) -> bool {
    globs.split(',').map(str::trim).filter(|glob| !glob.is_empty() && *glob != "none").any(|glob| {
        let depth = glob.split('/').count();
        let prefix: Vec<&str> = module.split('/').take(depth).collect();
        let wild = |(glob, part): (&str, &str)| {
            globset::Glob::new(glob).is_ok_and(|glob| glob.compile_matcher().is_match(part))
        };
        prefix.len() == depth && glob.split('/').zip(prefix).all(wild)
    })
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn globs_match_path_prefixes() {
        for (globs, module, is) in [
            ("", "example.com/a", false),
            ("*.corp.example,rsc.io/private", "git.corp.example/x/y", true),
            ("*.corp.example,rsc.io/private", "rsc.io/private/quux", true),
            ("rsc.io/private", "rsc.io/privately", false),
            ("example.com/*/x", "example.com/a", false),
            ("none", "none", false),
        ] {
            assert_eq!(matches(globs, module), is, "{globs} {module}");
        }
    }
}
