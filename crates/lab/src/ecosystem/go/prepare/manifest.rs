//! What a downstream's own go.mod requires, and where it is.

use super::resolver::Resolver;
use crate::attempt::stopped::Stopped;
use allclear_core::experiment::Outcome;
use allclear_core::types::text::short;
use serde::Deserialize;
use std::path::Path;

/// A go.mod, as `go mod edit -json` prints it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Manifest {
    pub(super) module: Named,
    pub(super) require: Option<Vec<Named>>,
    pub(super) replace: Option<Vec<Replace>>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Named {
    pub(super) path: String,
    pub(super) version: String,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Replace {
    pub(super) old: Named,
    pub(super) new: Named,
}

impl Manifest {
    /// Reads the one that the resolver uses.
    pub(super) fn read(resolver: &mut Resolver<'_>) -> Result<Self, Stopped> {
        let text = resolver.ok(&["mod", "edit", "-json"])?;
        serde_json::from_str(&text).map_err(|e| resolver.because(Outcome::Infra, format!("go mod edit: {e}")))
    }

    pub(super) fn requirements(&self) -> &[Named] {
        self.require.as_deref().unwrap_or_default()
    }
}

/// Finds the module that contains a folder.
pub(super) fn module_of(tree: &Path, dir: &str) -> Option<String> {
    let mut at = dir;
    loop {
        if is_regular_file(&tree.join(at).join("go.mod")) {
            return Some(at.to_owned());
        }
        at = match at.rsplit_once('/') {
            Some((up, _)) => up,
            None if at.is_empty() => return None,
            None => "",
        };
    }
}

/// Links are not followed: their targets would be read as the caller, and shown in an error.
pub(super) fn is_regular_file(file: &Path) -> bool {
    file.symlink_metadata().is_ok_and(|meta| meta.is_file())
}

/// Tells whether a folder is outside of a tree, or its go.mod is a link.
pub(super) fn leads_out(folder: &Path, tree: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    let go_mod = folder.join("go.mod");
    let inside = tree.canonicalize().is_ok_and(|tree| folder.starts_with(tree));
    !inside || go_mod.is_symlink()
}

/// Skips a downstream that uses another major version.
pub(super) fn applies(resolver: &Resolver<'_>, before: &Manifest) -> Result<(), Stopped> {
    let module = &resolver.served.module;
    if before.module.path == *module {
        return Err(resolver.because(Outcome::Skipped, "it is the project itself"));
    }
    if before.requirements().iter().any(|r| r.path == *module) {
        return Ok(());
    }
    let others = before.requirements().iter().filter(|r| unversioned(&r.path) == unversioned(module));
    match others.map(|r| r.path.as_str()).next() {
        Some(other) => {
            let note = format!("it uses {}, and this is {module}", short(other, 100));
            Err(resolver.because(Outcome::Skipped, note))
        }
        None => Ok(()),
    }
}

/// Removes the major version from a module path.
fn unversioned(path: &str) -> &str {
    let major = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    match path.rsplit_once("/v") {
        Some((base, number)) if major(number) => base,
        _ if path.starts_with("gopkg.in/") => match path.rsplit_once(".v") {
            Some((base, number)) if major(number) => base,
            Some(_) | None => path,
        },
        Some(_) | None => path,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_major_version_is_no_part_of_a_name() {
        for (path, base) in [
            ("example.com/m/v2", "example.com/m"),
            ("example.com/m", "example.com/m"),
            ("example.com/vx", "example.com/vx"),
            ("gopkg.in/yaml.v3", "gopkg.in/yaml"),
            ("example.com/yaml.v3", "example.com/yaml.v3"),
        ] {
            assert_eq!(unversioned(path), base);
        }
    }
}
