//! Go: `go.mod`, and the module proxy. The tag is the version; no file carries it.

pub mod go_mod;

use self::go_mod::GoMod;
use super::definition::{Ecosystem, Script, TryLine};
use super::name::is_name;
use super::place::Contents;
use crate::types::shell::quoted;

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

fn package(manifest: &str) -> Option<String> {
    GoMod::read(manifest.as_bytes()).module
}

fn line(files: &Contents, _: &str, tag: &str) -> Option<String> {
    let module = package(files.get(MANIFEST)?).filter(|module| is_name(module))?;
    Some(format!("go get {}", quoted(&format!("{module}@{tag}"))))
}
