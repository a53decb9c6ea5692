//! Packs a Go module as the go command does, so that what is tried is what a user gets.
//!
//! The rules are those of `golang.org/x/mod/zip` and of the go command's own `modfetch`: nested modules,
//! vendored packages and everything but regular files are left out, and a nested module without a LICENSE gets
//! that of the top. Attributes of git (`export-ignore`, `export-subst`) have no effect, as with the go command.

mod archive;
mod dirhash;
mod error;
mod files;
mod tree;

pub use error::PackError;

use self::archive::write_zip;
use self::files::{Content, Entry, MAX_FILE, MAX_MODULE, TOO_LARGE, choose, list_files};
use self::tree::{Kind, joined, read_dir, read_file};
use super::paths;
use allclear_core::ecosystem::go::go_mod::{GoMod, at_least};
use allclear_core::types::version::Version;
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    pub path: String,
    /// From the top of the tree; empty for the top itself.
    pub dir: String,
    /// Its go line, such as `1.24.0`.
    pub go: Option<String>,
}

/// A packed module: what the proxy serves of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    pub path: String,
    /// With the `v`.
    pub version: String,
    pub go_mod: Vec<u8>,
    pub zip: PathBuf,
    /// Its digest, as in go.sum.
    pub h1: String,
    pub time: Timestamp,
}

/// Lists the modules of a tree: every go.mod outside of vendor, testdata and folders that begin with `_` or
/// `.`, sorted by folder.
pub fn modules(tree: &Path) -> Result<Vec<Module>, PackError> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(dir) = open.pop() {
        for (name, kind) in read_dir(&tree.join(&dir))? {
            let Ok(name) = name.into_string() else { continue };
            let left_out = name.starts_with(['_', '.']) || name == "vendor" || name == "testdata";
            match kind {
                Kind::Folder if !left_out => open.push(joined(&dir, &name)),
                Kind::Regular(size) if name == "go.mod" && size <= MAX_FILE => {
                    let read = GoMod::read(&read_file(&tree.join(joined(&dir, &name)))?);
                    let path = read.module.ok_or_else(|| PackError::NoModule(dir.clone()))?;
                    found.push(Module { path, dir: dir.clone(), go: read.go });
                }
                Kind::Folder | Kind::Regular(_) | Kind::Other => {}
            }
        }
    }
    found.sort_by(|a, b| a.dir.cmp(&b.dir));
    Ok(found)
}

/// Packs a module of a tree under a version. The same tree gives the same bytes.
pub fn pack(
    tree: &Path,
    module: &Module,
    version: &Version,
    time: Timestamp,
    into: &Path,
) -> Result<Packed, PackError> {
    let Module { path, dir, .. } = module;
    let tagged = format!("v{version}");
    if path.is_empty() {
        return Err(PackError::NoModule(dir.clone()));
    }
    paths::check_module(path).map_err(|why| PackError::BadPath { path: path.clone(), why })?;
    if let Some(needed) = paths::other_major(path, version.major) {
        return Err(PackError::Major { version: tagged, needed });
    }
    let entries = list_files(tree, dir)?;
    let go_mod = go_mod(&entries, module, version)?;
    let go = GoMod::read(&go_mod).go;
    let files = choose(entries, at_least(go.as_deref(), 24))?;

    let folder = into.join(paths::escaped(path)).join("@v");
    std::fs::create_dir_all(&folder).map_err(PackError::Write)?;
    let file = NamedTempFile::new_in(&folder).map_err(PackError::Write)?;
    let h1 = write_zip(&file, &files, &format!("{path}@{tagged}/"))?;
    let zip = folder.join(format!("{tagged}.zip"));
    let packed = file.persist(&zip).map_err(|error| PackError::Write(error.error))?;
    match packed.metadata().map_err(PackError::Write)?.len() {
        0..=MAX_MODULE => Ok(Packed { path: path.clone(), version: tagged, go_mod, zip, h1, time }),
        _ => Err(PackError::TooLarge),
    }
}

/// Gives the go.mod of a module; if it has none, the one that the go command assumes.
fn go_mod(entries: &[Entry], module: &Module, version: &Version) -> Result<Vec<u8>, PackError> {
    let Module { path, dir, .. } = module;
    let bytes = match entries.iter().find(|entry| entry.name == "go.mod").map(|entry| &entry.content) {
        None if version.major > 1 && !path.starts_with("gopkg.in/") => {
            return Err(PackError::NeedsGoMod { version: format!("v{version}"), path: path.clone() });
        }
        None => return Ok(format!("module {path}\n").into_bytes()),
        Some(Content::File(_, size)) if *size > MAX_FILE => {
            return Err(PackError::Refused(vec![("go.mod".into(), TOO_LARGE.into())]));
        }
        Some(Content::File(file, _)) => read_file(file)?,
        Some(Content::Text(_) | Content::Nothing) => return Err(PackError::NoModule(dir.clone())),
    };
    match GoMod::read(&bytes).module {
        Some(said) if said == *path => Ok(bytes),
        Some(said) => Err(PackError::OtherModule { said, path: path.clone() }),
        None => Err(PackError::NoModule(dir.clone())),
    }
}
