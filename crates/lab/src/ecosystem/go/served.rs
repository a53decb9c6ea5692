//! A version of the project, packed and served by a module proxy.

use super::command::GoCommand;
use super::module_cache::seed;
use super::pack::{modules, pack};
use super::paths::escaped;
use super::proxy::{ModuleProxy, ProxySettings};
use crate::ecosystem::Context;
use allclear_core::experiment::{Proof, Side};
use base16ct::lower::encode_string as hex;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};

#[derive(Debug)]
pub(super) struct ServedModule {
    pub(super) go: GoCommand,
    pub(super) proxy: ModuleProxy,
    pub(super) module: String,
    /// Its version, `v1.2.3`, and the digest of its content.
    pub(super) wanted: Proof,
    /// The digest of all modules served of this version: a nested module may change alone.
    pub(super) content: String,
    /// The module cache for this content.
    pub(super) cache: PathBuf,
    /// The build cache, for compilers alone.
    pub(super) build: PathBuf,
    /// The GOPATH, for anything that has no other place.
    pub(super) path: PathBuf,
    until: Timestamp,
    dir: PathBuf,
}

impl ServedModule {
    /// Packs a version, and serves it.
    pub(super) fn new(go: &GoCommand, context: &Context<'_>, side: &Side) -> Result<Self, String> {
        let tree = context.sources.tree(".", &side.commit).map_err(|e| e.to_string())?;
        let (until, dir) = (context.around.until, context.dir.join("go"));
        let all = modules(&tree).map_err(|e| e.to_string())?;
        let Some((first, below)) = all.split_first() else {
            return Err("it has no go.mod: it is no Go module".into());
        };
        let unwritable = |e: std::io::Error| format!("the lab cannot write its own files: {e}");
        let folder = dir.join("packed").join(side.commit.as_str());
        std::fs::create_dir_all(&folder).map_err(unwritable)?;
        let top = pack(&tree, first, &side.version, until, &folder).map_err(|e| e.to_string())?;
        let module = top.path.clone();
        let wanted = Proof { version: top.version.clone(), hash: top.h1.clone() };
        let mut packed = vec![top];
        // Nested modules get the same version if possible: a downstream may use them together.
        packed.extend(below.iter().filter_map(|m| pack(&tree, m, &side.version, until, &folder).ok()));
        let digests: Vec<&str> = packed.iter().map(|packed| packed.h1.as_str()).collect();
        let content = hex(&Sha256::digest(digests.join(" "))[..12]);
        let cache = dir.join(format!("mod-{content}"));
        let own: Vec<String> = all.iter().map(|module| escaped(&module.path)).collect();
        seed(&dir, &cache, &own).map_err(unwritable)?;
        let settings = ProxySettings {
            goproxy: go.settings.goproxy.clone(),
            env: go.env().to_vec(),
            // All experiments of a day see the same versions, and can be repeated with them.
            snapshot: dir.join("lists").join(until.strftime("%F").to_string()),
            until,
        };
        let proxy =
            ModuleProxy::start(packed, settings).map_err(|e| format!("the overlay cannot be served: {e}"))?;
        let (build, path) = (dir.join("build"), dir.join("path"));
        Ok(Self { go: go.clone(), proxy, module, wanted, content, cache, build, path, until, dir })
    }

    /// Also serves an earlier release, which a downstream's go.mod requires. Releases that are not known here
    /// may come from the caller's proxies.
    pub(super) fn serve_release(&self, context: &Context<'_>, version: &str) {
        if !self.proxy.has(&self.module, version)
            && let Some((side, tree)) = context.release(version)
        {
            self.add(&tree, &side);
        }
    }

    /// Also serves another version, if it can be packed.
    fn add(&self, tree: &Path, side: &Side) {
        let folder = self.dir.join("packed").join(side.commit.as_str());
        let all = modules(tree).unwrap_or_default();
        if let Some(module) = all.iter().find(|m| m.path == self.module)
            && std::fs::create_dir_all(&folder).is_ok()
            && let Ok(packed) = pack(tree, module, &side.version, self.until, &folder)
        {
            self.proxy.add(packed);
        }
    }
}
