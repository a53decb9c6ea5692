//! The go command on this machine.

use super::proxy::ProxyClient;
use crate::ecosystem::tool::{Tool, ToolOutput};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Overrides the caller's own settings, and those of folders above a downstream.
const FIXED: [(&str, &str); 4] =
    [("GOENV", "off"), ("GOWORK", "off"), ("GOTOOLCHAIN", "local"), ("GOTELEMETRY", "off")];

/// What `go env` says.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(super) struct Settings {
    pub(super) goroot: PathBuf,
    /// Its version, `go1.26.8`.
    pub(super) goversion: String,
    pub(super) goproxy: String,
    gosumdb: String,
    gonosumdb: String,
    gonoproxy: String,
    goprivate: String,
    goos: String,
    goarch: String,
    cgo_enabled: String,
}

#[derive(Debug, Clone)]
pub(super) struct GoCommand {
    tool: Tool,
    pub(super) settings: Settings,
}

impl GoCommand {
    /// Finds the go command on the caller's `PATH`. Its commands end when `stopped` is set.
    pub(super) fn find(env: &[(OsString, OsString)], stopped: &Arc<AtomicBool>) -> Result<Self, String> {
        let own = |name: &str| name.starts_with("GO") && !name.starts_with("GOFLAGS");
        let tool = Tool::find("go", env, own, stopped)
            .ok_or("go is not installed; install Go from https://go.dev/dl or with apt install golang-go")?;
        let output = tool.ask(&["env", "-json"], &[("GOTOOLCHAIN", "local")])?;
        let settings = serde_json::from_slice(&output)
            .map_err(|_| "go env does not answer; allclear needs Go 1.21 or newer".to_owned())?;
        Ok(Self { tool, settings })
    }

    /// Everything about it that decides what is built.
    pub(super) fn describe(&self) -> String {
        let Settings { goversion, goos, goarch, cgo_enabled, .. } = &self.settings;
        [goversion, goos, goarch, cgo_enabled].map(String::as_str).join(" ")
    }

    pub(super) fn env(&self) -> &[(OsString, OsString)] {
        self.tool.env()
    }

    /// The variables that say where modules come from: this proxy is asked first. If the caller keeps the
    /// project's own module away from public proxies, all other modules are kept away as well.
    pub(super) fn proxy_vars(&self, proxy: &ProxyClient, module: &str) -> BTreeMap<&'static str, String> {
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

    pub(super) fn run(&self, dir: &Path, vars: &BTreeMap<&'static str, String>, args: &[&str]) -> ToolOutput {
        let mut all: BTreeMap<&'static str, String> =
            FIXED.map(|(name, value)| (name, value.to_owned())).into();
        all.extend(vars.iter().map(|(name, value)| (*name, value.clone())));
        self.tool.run(dir, &all, args)
    }
}

/// Matches a module path against globs over path prefixes, as `GOPRIVATE` has them.
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
