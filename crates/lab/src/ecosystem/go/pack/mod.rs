//! Packs a Go module as the go command does from its repository, so that what is tried is what a user gets.
//!
//! The rules are those of `golang.org/x/mod/zip` and of the go command's own `modfetch`: nested modules, vendored
//! packages and whatever is no regular file are left out, and a nested module without a LICENSE gets that of the
//! top. Attributes of git (`export-ignore`, `export-subst`) change nothing, as they do not there.

use self::dirhash::Listing;
use super::go_mod::{GoMod, at_least};
use super::paths as names;

mod dirhash;
use allclear_core::text::{plain, short};
use allclear_core::version::Version;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::os::unix::ffi::OsStringExt;
use std::path::{Component, Path, PathBuf};
use tempfile::NamedTempFile;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The most bytes that a module may have, packed or unpacked.
const MOST: u64 = 500 << 20;
/// The most bytes that a go.mod or a LICENSE may have.
const MOST_EACH: u64 = 16 << 20;
/// What is wrong with one that has more.
const TOO_LARGE: &str = "has more than 16 MiB";
/// From here on the files are compressed, so that the zip keeps below [`MOST`]. On the loopback, compressing
/// smaller ones costs more than it saves.
const COMPRESSED_FROM: u64 = 400 << 20;

/// A Go module of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its module path.
    pub path: String,
    /// Its folder from the top of the tree; empty is the top.
    pub dir: String,
    /// Its go line, such as `1.24.0`.
    pub go: Option<String>,
}

/// A packed module: what the proxy protocol serves of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed {
    /// Its module path.
    pub path: String,
    /// Its version, with the `v`.
    pub version: String,
    /// Its go.mod.
    pub go_mod: Vec<u8>,
    /// The file that it is packed in.
    pub zip: PathBuf,
    /// Its digest, as go.sum has it.
    pub h1: String,
    /// When it was made.
    pub time: Timestamp,
}

/// Why a module cannot be packed. Where the go command refuses, so does this.
#[derive(Debug, thiserror::Error)]
pub enum PackError {
    /// A file or a folder cannot be read.
    #[error("reading `{}` failed: {why}", plain(.file))]
    Read {
        /// Its name.
        file: String,
        /// Why.
        why: std::io::Error,
    },
    /// The packed module cannot be written.
    #[error("writing the packed module failed: {0}")]
    Write(std::io::Error),
    /// There is no go.mod, and nothing else says what the module is.
    #[error("there is no go.mod in `{}` that names a module", if .0.is_empty() { ".".into() } else { plain(.0) })]
    NoModule(String),
    /// The go.mod is that of another module.
    #[error("the go.mod says `{}`, not `{}`", plain(.said), plain(.path))]
    OtherModule {
        /// The module path that it says.
        said: String,
        /// The module path that is packed.
        path: String,
    },
    /// The module path is none.
    #[error("the module path `{}` {}", plain(.path), plain(.why))]
    BadPath {
        /// The path.
        path: String,
        /// What is wrong with it.
        why: String,
    },
    /// The version belongs to another module path: that of its major version.
    #[error("`{version}` needs the module path `{}`", plain(.needed))]
    Major {
        /// The version.
        version: String,
        /// The path that it needs.
        needed: String,
    },
    /// A module of this version needs a go.mod.
    #[error("`{version}` needs a go.mod, and `{}` has none", plain(.path))]
    NeedsGoMod {
        /// The version.
        version: String,
        /// The module path.
        path: String,
    },
    /// Files that no Go module can have, each with what is wrong with it.
    #[error("{}", refusals(.0))]
    Refused(Vec<(String, String)>),
    /// The module is too large.
    #[error("the module has more than 500 MiB, and the go command takes no more")]
    TooLarge,
}

/// Lists the modules of a tree: every go.mod outside of vendor, testdata and folders that begin with `_` or `.`;
/// the top first, then by folder.
pub fn modules(tree: &Path) -> Result<Vec<Module>, PackError> {
    let mut found = Vec::new();
    let mut open = vec![String::new()];
    while let Some(dir) = open.pop() {
        for (name, kind) in read_dir(&tree.join(&dir))? {
            let Ok(name) = name.into_string() else { continue };
            let left_out = name.starts_with(['_', '.']) || name == "vendor" || name == "testdata";
            match kind {
                Kind::Folder if !left_out => open.push(joined(&dir, &name)),
                Kind::Regular(size) if name == "go.mod" && size <= MOST_EACH => {
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

/// Packs a module of a tree under a version, into a folder for packed modules. The same tree gives the same bytes.
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
    names::check_module(path).map_err(|why| PackError::BadPath { path: path.clone(), why })?;
    if let Some(needed) = names::other_major(path, version.major) {
        return Err(PackError::Major { version: tagged, needed });
    }
    let entries = listed(tree, dir)?;
    let go_mod = go_mod(&entries, module, version)?;
    let go = GoMod::read(&go_mod).go;
    let files = chosen(entries, at_least(go.as_deref(), 24))?;

    let folder = into.join(names::escaped(path)).join("@v");
    std::fs::create_dir_all(&folder).map_err(PackError::Write)?;
    let file = NamedTempFile::new_in(&folder).map_err(PackError::Write)?;
    let h1 = written(&file, &files, &format!("{path}@{tagged}/"))?;
    let zip = folder.join(format!("{tagged}.zip"));
    let packed = file.persist(&zip).map_err(|error| PackError::Write(error.error))?;
    match packed.metadata().map_err(PackError::Write)?.len() {
        0..=MOST => Ok(Packed { path: path.clone(), version: tagged, go_mod, zip, h1, time }),
        _ => Err(PackError::TooLarge),
    }
}

/// Gives the go.mod of a module; where it has none, what the go command takes for it.
fn go_mod(entries: &[Entry], module: &Module, version: &Version) -> Result<Vec<u8>, PackError> {
    let Module { path, dir, .. } = module;
    let bytes = match entries.iter().find(|entry| entry.name == "go.mod").map(|entry| &entry.content) {
        None if version.major > 1 && !path.starts_with("gopkg.in/") => {
            return Err(PackError::NeedsGoMod { version: format!("v{version}"), path: path.clone() });
        }
        None => return Ok(format!("module {path}\n").into_bytes()),
        Some(Content::File(_, size)) if *size > MOST_EACH => {
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

/// Something in a folder of a module that is no folder itself.
struct Entry {
    /// Its name from the top of the module.
    name: String,
    content: Content,
}

enum Content {
    File(PathBuf, u64),
    Text(Vec<u8>),
    /// A symbolic link, a pipe: its name counts, and nothing else.
    Nothing,
}

/// Lists all that a module's repository has below its folder, without nested modules; by name.
fn listed(tree: &Path, dir: &str) -> Result<Vec<Entry>, PackError> {
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
            // What is not UTF-8 gets a character that no name may have.
            let name = joined(&below, &file_name.to_string_lossy());
            let path = folder.join(&file_name);
            match kind {
                // No repository has it among its files.
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
        let target = file.read_link().map_err(|why| unread(&file, why))?;
        return Ok(Some(Content::Text(target.into_os_string().into_vec())));
    }
    Ok(meta.is_file().then_some(Content::File(file, meta.len())))
}

/// Chooses what goes into the zip (`zip.CheckFiles`), and refuses where a name or a size is none for a module.
fn chosen(entries: Vec<Entry>, since_1_24: bool) -> Result<Vec<Entry>, PackError> {
    let mut kept = Vec::new();
    let mut refused = Vec::new();
    let mut seen = HashMap::new();
    let mut total = 0_u64;
    for entry in entries {
        let name = &entry.name;
        if vendored(name, since_1_24) || name == ".hg_archival.txt" {
            continue;
        }
        let misnamed = name.eq_ignore_ascii_case("go.mod") && name != "go.mod";
        let checked = match names::check_file(name) {
            Ok(()) if misnamed => Err("must be `go.mod`".to_owned()),
            Ok(()) => alone(&mut seen, name),
            Err(why) => Err(why),
        };
        let size = match &entry.content {
            Content::File(_, size) => *size,
            Content::Text(text) => text.len() as u64,
            Content::Nothing => 0,
        };
        let checked = match checked {
            Ok(()) if matches!(name.as_str(), "go.mod" | "LICENSE") && size > MOST_EACH => {
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
    if total > MOST { Err(PackError::TooLarge) } else { Ok(kept) }
}

/// Tells whether a file is in a vendored package (`isVendoredPackage`, with what was its mistake until Go 1.24:
/// <https://go.dev/issue/37397>).
fn vendored(name: &str, since_1_24: bool) -> bool {
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

/// Checks that a name, and that of each folder above it, is not there already but for its case.
fn alone(seen: &mut HashMap<String, (String, bool)>, name: &str) -> Result<(), String> {
    let mut at = Some((name, false));
    while let Some((name, is_folder)) = at {
        match seen.get(&names::folded(name)) {
            Some((other, _)) if other != name => return Err(format!("is `{other}` but for its case")),
            Some((_, was_folder)) if *was_folder != is_folder => return Err("is a file and a folder".into()),
            // Its own folders were looked at then.
            Some(_) => return Ok(()),
            None => seen.insert(names::folded(name), (name.to_owned(), is_folder)),
        };
        at = name.rsplit_once('/').map(|(above, _)| (above, true));
    }
    Ok(())
}

/// Writes the zip, and gives its digest.
fn written(to: &NamedTempFile, files: &[Entry], prefix: &str) -> Result<String, PackError> {
    let total: u64 =
        files.iter().map(|entry| if let Content::File(_, size) = entry.content { size } else { 0 }).sum();
    let method =
        if total < COMPRESSED_FROM { CompressionMethod::Stored } else { CompressionMethod::Deflated };
    let options =
        SimpleFileOptions::default().compression_method(method).last_modified_time(DateTime::default());
    let failed = |error: zip::result::ZipError| PackError::Write(error.into());
    let mut zip = ZipWriter::new(BufWriter::new(to.as_file()));
    let mut listing = Listing::default();
    for entry in files {
        let name = format!("{prefix}{}", entry.name);
        zip.start_file(&*name, options).map_err(failed)?;
        let sha256 = match &entry.content {
            Content::File(file, size) => {
                let open = File::open(file).map_err(|why| unread(file, why))?;
                copied(open.take(*size), &mut zip, file)?
            }
            Content::Text(text) => copied(text.as_slice(), &mut zip, Path::new(&entry.name))?,
            Content::Nothing => continue,
        };
        listing.add(name, sha256);
    }
    let mut rest = zip.finish().map_err(failed)?;
    rest.flush().map_err(PackError::Write)?;
    Ok(listing.h1())
}

fn copied(mut from: impl Read, to: &mut impl Write, file: &Path) -> Result<[u8; 32], PackError> {
    let mut hash = Sha256::new();
    let mut some = vec![0; 1 << 16];
    loop {
        let read = from.read(&mut some).map_err(|why| unread(file, why))?;
        if read == 0 {
            return Ok(hash.finalize().into());
        }
        hash.update(&some[..read]);
        to.write_all(&some[..read]).map_err(PackError::Write)?;
    }
}

enum Kind {
    Folder,
    Regular(u64),
    Other,
}

/// Lists a folder, in no order. No link is followed.
fn read_dir(dir: &Path) -> Result<Vec<(OsString, Kind)>, PackError> {
    let fail = |why| unread(dir, why);
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(fail)? {
        let entry = entry.map_err(fail)?;
        let meta = entry.metadata().map_err(fail)?;
        let kind = if meta.is_dir() {
            Kind::Folder
        } else if meta.is_file() {
            Kind::Regular(meta.len())
        } else {
            Kind::Other
        };
        found.push((entry.file_name(), kind));
    }
    Ok(found)
}

fn read_file(file: &Path) -> Result<Vec<u8>, PackError> {
    std::fs::read(file).map_err(|why| unread(file, why))
}

fn unread(file: &Path, why: std::io::Error) -> PackError {
    PackError::Read { file: file.to_string_lossy().into_owned(), why }
}

fn joined(dir: &str, name: &str) -> String {
    if dir.is_empty() { name.to_owned() } else { format!("{dir}/{name}") }
}

/// Says what is refused, in one line.
fn refusals(refused: &[(String, String)]) -> String {
    const SHOWN: usize = 3;
    let each = refused.iter().take(SHOWN).map(|(name, why)| format!("`{}` {}", short(name, 120), plain(why)));
    let shown = each.collect::<Vec<_>>().join("; ");
    match refused.len().saturating_sub(SHOWN) {
        0 => format!("no Go module can have this: {shown}"),
        more => format!("no Go module can have this: {shown}; and {more} more"),
    }
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
            assert_eq!((vendored(name, false), vendored(name, true)), (before, since), "{name}");
        }
    }
}
