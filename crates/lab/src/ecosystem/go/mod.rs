//! Go: the candidate comes by the module proxy protocol, as it comes to any user.

pub(crate) mod build_cache;
mod command;
mod go_mod;
mod letters;
pub mod pack;
pub(crate) mod paths;
mod prepare;
pub mod proxy;
mod steps;

pub(crate) use command::Go;
pub(crate) use prepare::{Prepared, Unready, prepare};
pub(crate) use steps::steps;

use self::pack::{modules, pack};
use self::paths::escaped;
use self::proxy::{ModuleProxy, ProxySettings};
use crate::room::link;
use allclear_core::lab::Side;
use allclear_core::text::hex;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One version of the project, packed and served.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) go: Go,
    pub(crate) proxy: ModuleProxy,
    /// The path of its module.
    pub(crate) module: String,
    /// Its version, `v1.2.3`.
    pub(crate) version: String,
    /// The digest of its content.
    pub(crate) h1: String,
    /// The digest of all that is served of this version: a module below may change alone.
    pub(crate) content: String,
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
        let served: Vec<&str> = packed.iter().map(|packed| packed.h1.as_str()).collect();
        let content = hex(&Sha256::digest(served.join(" "))[..12]);
        let cache = dir.join(format!("mod-{content}"));
        let own: Vec<String> = places.iter().map(|place| escaped(&place.path)).collect();
        seed(&dir, &cache, &own).map_err(|e| format!("the lab cannot write its own files: {e}"))?;
        let settings = ProxySettings {
            goproxy: go.settings.goproxy.clone(),
            env: go.inherited.clone(),
            // All experiments of a day see one world, and can be repeated in it.
            snapshot: dir.join("lists").join(until.strftime("%F").to_string()),
            downloads: Some(cache.join("cache/download")),
            until,
            offline,
        };
        let proxy =
            ModuleProxy::start(packed, settings).map_err(|e| format!("the overlay cannot be served: {e}"))?;
        let (build, path) = (dir.join("build"), dir.join("path"));
        Ok(Self { go: go.clone(), proxy, module, version, h1, content, cache, build, path, until, dir })
    }

    /// Serves another version of the same module as well, where it can be packed.
    pub(crate) fn serve(&self, tree: &Path, side: &Side) {
        let parcels = self.dir.join("packed").join(side.commit.as_str());
        let places = modules(tree).unwrap_or_default();
        if let Some(module) = places.iter().find(|m| m.path == self.module)
            && std::fs::create_dir_all(&parcels).is_ok()
            && let Ok(packed) = pack(tree, module, &side.version, self.until, &parcels)
        {
            self.proxy.add(packed);
        }
    }
}

/// Fills a new module cache with what another one has: links, since nobody changes these files. The project's
/// own modules are left out, since their versions there may have other content, and so is what is just unpacked there.
fn seed(dir: &Path, cache: &Path, own: &[String]) -> std::io::Result<()> {
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
        let whole: BTreeSet<PathBuf> = unpacked(&other).filter(|module| is_whole(&other, module)).collect();
        if link(&other, &fresh).is_err() {
            // Something was gone by then: begin with nothing.
            crate::room::remove(&fresh);
            std::fs::create_dir_all(&fresh)?;
        }
        for half in unpacked(&fresh).filter(|module| !whole.contains(module)) {
            crate::room::remove(&fresh.join(half));
        }
        for module in own {
            crate::room::remove(&fresh.join("cache/download").join(module));
            let (parent, last) = module.rsplit_once('/').unwrap_or(("", module));
            for entry in std::fs::read_dir(fresh.join(parent)).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().split('@').next() == Some(last) {
                    crate::room::remove(&entry.path());
                }
            }
        }
    }
    if std::fs::rename(&fresh, cache).is_err() {
        crate::room::remove(&fresh);
    }
    Ok(())
}

/// Lists the modules that lie unpacked in a cache, as paths from its top.
fn unpacked(cache: &Path) -> impl Iterator<Item = PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(dir) = open.pop() {
        for entry in std::fs::read_dir(cache.join(&dir)).into_iter().flatten().flatten() {
            let path = dir.join(entry.file_name());
            match entry.file_name().as_encoded_bytes() {
                b"cache" if dir.as_os_str().is_empty() => {}
                name if name.contains(&b'@') => found.push(path),
                _ if entry.file_type().is_ok_and(|kind| kind.is_dir()) => open.push(path),
                _ => {}
            }
        }
    }
    found.into_iter()
}

/// Tells whether a module that is there is all there: while go unpacks it, a file `.partial` lies beside its zip.
fn is_whole(cache: &Path, module: &Path) -> bool {
    let name = module.to_string_lossy();
    let partial = |(path, version): (&str, &str)| format!("cache/download/{path}/@v/{version}.partial");
    name.rsplit_once('@').map(partial).is_some_and(|partial| !cache.join(partial).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cache_begins_with_what_is_whole_in_another() {
        let dir = tempfile::tempdir().unwrap();
        let write = |name: &str| {
            let file = dir.path().join("mod-one").join(name);
            std::fs::create_dir_all(file.parent().unwrap()).unwrap();
            std::fs::write(file, "").unwrap();
        };
        for module in [
            "a.b/tool/v2@v2.0.0",
            "a.b/dep@v1.0.0",
            "a.b/half@v1.0.0",
            "a.b/lib@v1.1.0",
            "a.b/lib/sub@v1.1.0",
        ] {
            write(&format!("{module}/x.go"));
        }
        write("cache/download/a.b/half/@v/v1.0.0.partial");
        write("cache/download/a.b/dep/@v/v1.0.0.zip");
        write("cache/download/a.b/lib/@v/v1.1.0.zip");
        let two = dir.path().join("mod-two");
        seed(dir.path(), &two, &["a.b/lib".to_owned(), "a.b/tool/v2".to_owned()]).unwrap();
        for (name, is) in [
            ("a.b/dep@v1.0.0/x.go", true),
            ("cache/download/a.b/dep/@v/v1.0.0.zip", true),
            ("a.b/half@v1.0.0", false),
            ("a.b/tool/v2@v2.0.0", false),
            ("a.b/lib@v1.1.0", false),
            ("cache/download/a.b/lib", false),
        ] {
            assert_eq!(two.join(name).exists(), is, "{name}");
        }
        let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().flatten().map(|e| e.file_name()).collect();
        assert_eq!(names.len(), 2, "{names:?}");
    }
}
