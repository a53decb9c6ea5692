//! Module caches, one for each content of the project.

use crate::copy::link;
use allclear_host::{TempDir, remove_tree};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Starts a module cache with hard links to another one, since nobody changes these files. The project's own
/// modules are left out, because their versions may have other content there, and so are modules that are being
/// unpacked.
pub(super) fn seed(dir: &Path, cache: &Path, own: &[String]) -> std::io::Result<()> {
    if cache.is_dir() {
        return Ok(());
    }
    let changed = |path: &PathBuf| path.metadata().and_then(|m| m.modified()).ok();
    let others = std::fs::read_dir(dir)?.flatten().map(|e| e.path());
    let other = others
        .filter(|p| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("mod-")))
        .max_by_key(changed);
    let temp = TempDir::make(&dir.join("temporary"))?;
    let fresh = temp.dir("mod")?;
    if let Some(other) = other {
        let whole: BTreeSet<PathBuf> = unpacked(&other).filter(|module| is_whole(&other, module)).collect();
        if link(&other, &fresh).is_err() {
            // Something was removed in the meantime: start empty.
            remove_tree(&fresh);
            std::fs::create_dir_all(&fresh)?;
        }
        for half in unpacked(&fresh).filter(|module| !whole.contains(module)) {
            remove_tree(&fresh.join(half));
        }
        for module in own {
            remove_tree(&fresh.join("cache/download").join(module));
            let (parent, last) = module.rsplit_once('/').unwrap_or(("", module));
            for entry in std::fs::read_dir(fresh.join(parent)).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().split('@').next() == Some(last) {
                    remove_tree(&entry.path());
                }
            }
        }
    }
    // If it fails, another process was first, and its cache is used.
    let _other_serves = std::fs::rename(&fresh, cache);
    Ok(())
}

/// Lists the unpacked modules of a cache, as paths from its top.
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

/// While go unpacks a module, there is a file `.partial` beside its zip.
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
        assert_eq!(std::fs::read_dir(dir.path().join("temporary")).unwrap().count(), 0);
    }
}
