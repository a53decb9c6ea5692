//! Go: the candidate comes by the module proxy protocol, as it comes to any user.

mod host;
mod prepare;
mod steps;

pub(crate) use host::Go;
pub(crate) use prepare::{Prepared, Unready, prepare};
pub(crate) use steps::steps;

use crate::overlay::{Overlay, World};
use crate::pack::{modules, pack};
use crate::room::link;
use allclear_core::lab::Side;
use jiff::Timestamp;
use std::path::{Path, PathBuf};

/// One version of the project, packed and served.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) go: Go,
    pub(crate) overlay: Overlay,
    /// The path of its module.
    pub(crate) module: String,
    /// Its version, `v1.2.3`.
    pub(crate) version: String,
    /// The digest of its content.
    pub(crate) h1: String,
    /// The modules that are built with it, and no other content of this version.
    pub(crate) cache: PathBuf,
    /// What was compiled, for compilers alone.
    pub(crate) build: PathBuf,
    /// Where go may put what belongs nowhere else.
    pub(crate) path: PathBuf,
    until: Timestamp,
    dir: PathBuf,
}

impl Front {
    /// Packs a version from its tree, and serves it.
    pub(crate) fn open(
        go: &Go,
        side: &Side,
        tree: &Path,
        dir: &Path,
        until: Timestamp,
        offline: bool,
    ) -> Result<Self, String> {
        let dir = dir.join("go");
        let places = modules(tree).map_err(|e| e.to_string())?;
        let Some(first) = places.first() else {
            return Err("it has no go.mod: it is no Go module".into());
        };
        let parcels = dir.join("packed").join(side.commit.as_str());
        std::fs::create_dir_all(&parcels).map_err(|e| format!("the lab cannot write its own files: {e}"))?;
        let mut packed = vec![pack(tree, first, &side.version, until, &parcels).map_err(|e| e.to_string())?];
        // Modules below come under the same number, where they can: a downstream may use them together.
        packed.extend(places[1..].iter().filter_map(|m| pack(tree, m, &side.version, until, &parcels).ok()));
        let (module, version, h1) = {
            let first = &packed[0];
            (first.path.clone(), first.version.clone(), first.h1.clone())
        };
        let key: String = h1.chars().filter(char::is_ascii_alphanumeric).take(24).collect();
        let cache = dir.join(format!("mod-{key}"));
        seed(&dir, &cache, &module).map_err(|e| format!("the lab cannot write its own files: {e}"))?;
        let world = World {
            upstream: go.settings.goproxy.clone(),
            env: go.inherited.clone(),
            // All experiments of a day see one world, and can be repeated in it.
            record: dir.join("lists").join(until.strftime("%F").to_string()),
            downloads: Some(cache.join("cache/download")),
            until,
            offline,
        };
        let overlay =
            Overlay::serve(packed, world).map_err(|e| format!("the overlay cannot be served: {e}"))?;
        let (build, path) = (dir.join("build"), dir.join("path"));
        Ok(Self { go: go.clone(), overlay, module, version, h1, cache, build, path, until, dir })
    }

    /// Serves another version of the same module as well, where it can be packed.
    pub(crate) fn serve(&self, tree: &Path, side: &Side) {
        let parcels = self.dir.join("packed").join(side.commit.as_str());
        let places = modules(tree).unwrap_or_default();
        if let Some(module) = places.iter().find(|m| m.path == self.module)
            && std::fs::create_dir_all(&parcels).is_ok()
            && let Ok(packed) = pack(tree, module, &side.version, self.until, &parcels)
        {
            self.overlay.add(packed);
        }
    }
}

/// Fills a new module cache with what another one has: links, since nobody changes these files. The project's
/// own module is left out, since its versions there may have other content.
fn seed(dir: &Path, cache: &Path, module: &str) -> std::io::Result<()> {
    if cache.is_dir() {
        return Ok(());
    }
    let changed = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
    let others = std::fs::read_dir(dir)?.flatten().map(|e| e.path());
    let other = others
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("mod-")))
        .max_by_key(changed);
    let fresh = dir.join(format!(
        ".mod-{}-{}",
        std::process::id(),
        cache.file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
    ));
    std::fs::create_dir_all(&fresh)?;
    if let Some(other) = other {
        link(&other, &fresh)?;
        let escaped = escaped(module);
        crate::room::remove(&fresh.join("cache/download").join(&escaped));
        let (parent, last) = escaped.rsplit_once('/').unwrap_or(("", &escaped));
        for entry in std::fs::read_dir(fresh.join(parent)).into_iter().flatten().flatten() {
            if entry.file_name().to_string_lossy().split('@').next() == Some(last) {
                crate::room::remove(&entry.path());
            }
        }
    }
    if std::fs::rename(&fresh, cache).is_err() {
        crate::room::remove(&fresh);
    }
    Ok(())
}

/// Writes a module's path as the caches do: `!x` for `X`.
fn escaped(path: &str) -> String {
    let mut out = String::new();
    for c in path.chars() {
        if c.is_ascii_uppercase() {
            out.push('!');
        }
        out.push(c.to_ascii_lowercase());
    }
    out
}
