//! Go: `go.mod`, and the module proxy. The tag is the version; no file carries it.

use super::definition::{Ecosystem, Script, TryLine};
use super::name::is_name;
use super::place::Contents;
use super::shell::quoted;

const MANIFEST: &str = "go.mod";

pub(super) const ECOSYSTEM: Ecosystem = Ecosystem {
    name: "go",
    manifest: MANIFEST,
    package,
    version: None,
    try_it: TryLine { beside: &[], line },
    recipes: &[
        // Nothing is pushed: asking is what makes the proxy fetch it.
        Script { word: "go", run: None, done: include_str!("go-done.sh") },
        // Both ways in which people install a program: the tag and the stable branch.
        Script { word: "go-install", run: None, done: include_str!("go-install-done.sh") },
    ],
};

/// Finds the module's path (Go Modules Reference, "go.mod files").
fn package(manifest: &str) -> Option<String> {
    let lines = manifest.lines().map(|line| line.split("//").next().unwrap_or_default().trim());
    let path =
        lines.filter_map(|line| line.strip_prefix("module")).find(|rest| rest.starts_with([' ', '\t']))?;
    let path = path.trim();
    let inner = |quote: char| path.strip_prefix(quote)?.strip_suffix(quote);
    Some(inner('"').or_else(|| inner('`')).unwrap_or(path).to_owned())
}

fn line(files: &Contents, _: &str, tag: &str) -> Option<String> {
    let module = package(files.get(MANIFEST)?).filter(|module| is_name(module))?;
    Some(format!("go get {}", quoted(&format!("{module}@{tag}"))))
}
