//! Which files of a tree belong to a module, by the rules of `golang.org/x/mod/zip` and of the go command's own
//! `modfetch`.

use super::error::PackError;
use super::tree::{Kind, joined, read_dir};
use crate::ecosystem::go::paths;
use std::collections::HashMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};

/// The largest module, packed or unpacked, in bytes.
pub(super) const MAX_MODULE: u64 = 500 << 20;
/// The largest go.mod or LICENSE, in bytes.
pub(super) const MAX_FILE: u64 = 16 << 20;
pub(super) const TOO_LARGE: &str = "has more than 16 MiB";

/// Anything but a folder.
pub(super) struct Entry {
    /// From the top of the module.
    pub(super) name: String,
    pub(super) content: Content,
}

pub(super) enum Content {
    File(PathBuf, u64),
    Text(Vec<u8>),
    /// A symbolic link or a pipe: only its name counts.
    Nothing,
}

/// Lists everything below a module's folder, without nested modules, sorted by name.
pub(super) fn list_files(tree: &Path, dir: &str) -> Result<Vec<Entry>, PackError> {
    if !Path::new(dir).components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(PackError::NoModule(dir.to_owned()));
    }
    let mut found = Vec::new();
    let mut open = vec![(tree.join(dir), String::new())];
    while let Some((folder, below)) = open.pop() {
        let entries = read_dir(&folder)?;
        let nested = |(name, kind): &(OsString, Kind)| {
            matches!(kind, Kind::Regular(_)) && name.eq_ignore_ascii_case("go.mod")
        };
        if !below.is_empty() && entries.iter().any(nested) {
            continue;
        }
        for (file_name, kind) in entries {
            // Invalid UTF-8 becomes a character that is not allowed in names.
            let name = joined(&below, &file_name.to_string_lossy());
            let path = folder.join(&file_name);
            match kind {
                // Never part of a repository.
                _ if file_name == ".git" => {}
                Kind::Folder => open.push((path, name)),
                Kind::Regular(size) => found.push(Entry { name, content: Content::File(path, size) }),
                Kind::Other => found.push(Entry { name, content: Content::Nothing }),
            }
        }
    }
    if !dir.is_empty()
        && !found.iter().any(|entry| entry.name == "LICENSE")
        && let Some(content) = license(tree)?
    {
        found.push(Entry { name: "LICENSE".into(), content });
    }
    found.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(found)
}

/// Gives the LICENSE of the top. The go command reads it as git stores it, so a link is the text of its target.
fn license(tree: &Path) -> Result<Option<Content>, PackError> {
    let file = tree.join("LICENSE");
    let Ok(meta) = file.symlink_metadata() else { return Ok(None) };
    if meta.is_symlink() {
        let target = file.read_link().map_err(|why| PackError::read(&file, why))?;
        return Ok(Some(Content::Text(target.into_os_string().into_vec())));
    }
    Ok(meta.is_file().then_some(Content::File(file, meta.len())))
}

/// Selects the files of the zip (`zip.CheckFiles`); fails if a name or a size is not allowed in a module.
pub(super) fn choose(entries: Vec<Entry>, since_1_24: bool) -> Result<Vec<Entry>, PackError> {
    let mut kept = Vec::new();
    let mut refused = Vec::new();
    let mut seen = HashMap::new();
    let mut total = 0_u64;
    for entry in entries {
        let name = &entry.name;
        if is_vendored(name, since_1_24) || name == ".hg_archival.txt" {
            continue;
        }
        let misnamed = name.eq_ignore_ascii_case("go.mod") && name != "go.mod";
        let checked = match paths::check_file(name) {
            Ok(()) if misnamed => Err("must be `go.mod`".to_owned()),
            Ok(()) => check_unique(&mut seen, name),
            Err(why) => Err(why),
        };
        let size = match &entry.content {
            Content::File(_, size) => *size,
            Content::Text(text) => text.len() as u64,
            Content::Nothing => 0,
        };
        let checked = match checked {
            Ok(()) if matches!(name.as_str(), "go.mod" | "LICENSE") && size > MAX_FILE => {
                Err(TOO_LARGE.to_owned())
            }
            checked => checked,
        };
        if let Err(why) = checked {
            refused.push((entry.name, why));
            continue;
        }
        if !matches!(entry.content, Content::Nothing) {
            total = total.saturating_add(size);
            kept.push(entry);
        }
    }
    if !refused.is_empty() {
        return Err(PackError::Refused(refused));
    }
    if total > MAX_MODULE { Err(PackError::TooLarge) } else { Ok(kept) }
}

/// Tells whether a file is in a vendored package: `isVendoredPackage`, with its mistake of before Go 1.24
/// (<https://go.dev/issue/37397>).
fn is_vendored(name: &str, since_1_24: bool) -> bool {
    const NESTED: &str = "/vendor/";
    let from = match (name.strip_prefix("vendor/"), name.find(NESTED)) {
        (Some("modules.txt"), _) if since_1_24 => return true,
        (Some(_), _) => "vendor/".len(),
        (None, Some(at)) if since_1_24 => at + NESTED.len(),
        (None, Some(_)) => NESTED.len(),
        (None, None) => return false,
    };
    name.as_bytes()[from..].contains(&b'/')
}

/// Checks that neither a name nor a folder above it differs from another one by case alone.
fn check_unique(seen: &mut HashMap<String, (String, bool)>, name: &str) -> Result<(), String> {
    let mut at = Some((name, false));
    while let Some((name, is_folder)) = at {
        match seen.get(&paths::folded(name)) {
            Some((other, _)) if other != name => return Err(format!("is `{other}` but for its case")),
            Some((_, was_folder)) if *was_folder != is_folder => return Err("is a file and a folder".into()),
            // The folders above it were checked then.
            Some(_) => return Ok(()),
            None => seen.insert(paths::folded(name), (name.to_owned(), is_folder)),
        };
        at = name.rsplit_once('/').map(|(above, _)| (above, true));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vendored_before_and_since_go_1_24() {
        let table = [
            ("vendor/modules.txt", false, true),
            ("vendor/x.go", false, false),
            ("vendor/a/x.go", true, true),
            ("a/vendor/x.go", true, false),
            ("pkg/vendor/vendor.go", true, false),
            ("pkg/vendor/a/x.go", true, true),
            ("longer/vendor/x.go", true, false),
            ("vendors/a/x.go", false, false),
            ("vendor", false, false),
        ];
        for (name, before, since) in table {
            assert_eq!((is_vendored(name, false), is_vendored(name, true)), (before, since), "{name}");
        }
    }
}
