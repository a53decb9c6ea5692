//! `Cargo.toml` and `Cargo.lock` (the Cargo Book, "The Manifest Format" and "Workspaces").

use crate::ecosystem::place::error::FileError;
use crate::ecosystem::place::toml::{document, inside_quotes, item, version_at};
use crate::ecosystem::place::{Contents, Place, upwards};
use std::collections::BTreeSet;
use toml_edit::{Item, TableLike};

/// Names the lock files of a manifest: its own, or that of a workspace above.
pub(super) fn locks(path: &str) -> Vec<String> {
    upwards(path, "Cargo.lock").into_iter().map(|(lock, _)| lock).collect()
}

/// Finds the versions of the package and of the workspace, the path dependencies pinned to either, and
/// their entries in the lock files.
pub(super) fn places(path: &str, text: &str, contents: &Contents) -> Result<Vec<Place>, FileError> {
    let manifest = document(path, text)?;
    let root = manifest.as_item();
    let inherits = item(root, &["package", "version", "workspace"]).is_some();
    let package = if inherits {
        None
    } else {
        version_at(path, text, root, &["package", "version"], "`package.version`")?
    };
    let shared = ["workspace", "package", "version"];
    let workspace = version_at(path, text, root, &shared, "`workspace.package.version`")?;
    if package.is_none() && workspace.is_none() {
        return Err(if inherits {
            FileError::Inherited { path: path.into() }
        } else {
            let sought = "`package.version` or `workspace.package.version`";
            FileError::NoVersion { path: path.into(), sought }
        });
    }
    let name = item(root, &["package", "name"]).and_then(Item::as_str);
    let lock = Lock {
        package: name.zip(package.as_ref()).map(|(name, place)| (name, place.value.as_str())),
        workspace: workspace.as_ref().map(|place| place.value.as_str()),
    };
    let mut found: Vec<Place> = package.iter().chain(&workspace).cloned().collect();
    found.extend(pinned(path, text, root, &found));
    for (at, below) in upwards(path, "Cargo.lock") {
        if let Some(text) = contents.get(&at) {
            found.extend(lock.places(&at, text, below.is_empty())?);
        }
    }
    Ok(found)
}

/// Finds dependencies by path whose version is one of `own`, with or without an operator before it.
fn pinned(path: &str, text: &str, root: &Item, own: &[Place]) -> Vec<Place> {
    let mut found = Vec::new();
    for table in dependency_tables(root) {
        for (_, dependency) in table.iter() {
            let Some(version) = dependency.get("version").filter(|_| dependency.get("path").is_some()) else {
                continue;
            };
            let Some(place) = version.as_str().and_then(|v| inside_quotes(path, text, v, version.span()))
            else {
                continue;
            };
            let bare = place.value.trim_start_matches(['=', '^', '~', ' ']).to_owned();
            let start = place.range.end.saturating_sub(bare.len());
            // Bytes and value differ where the text has escapes.
            if own.iter().any(|own| own.value == bare) && text.get(start..place.range.end) == Some(&bare) {
                found.push(Place { range: start..place.range.end, value: bare, ..place });
            }
        }
    }
    found
}

fn dependency_tables(root: &Item) -> Vec<&dyn TableLike> {
    let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
    let targets = root.get("target").and_then(Item::as_table_like);
    let homes = targets.into_iter().flat_map(|targets| targets.iter().map(|(_, target)| target));
    homes
        .chain([root])
        .flat_map(|home| kinds.map(|kind| home.get(kind)))
        .chain([item(root, &["workspace", "dependencies"])])
        .flatten()
        .filter_map(Item::as_table_like)
        .collect()
}

/// What a manifest says about its lock file.
struct Lock<'a> {
    /// The package's name and version.
    package: Option<(&'a str, &'a str)>,
    /// The version that members inherit.
    workspace: Option<&'a str>,
}

impl Lock<'_> {
    /// Finds the package's entry and, in the lock file beside the manifest, those of the members that
    /// inherit the version: entries without a source and with that version.
    fn places(&self, path: &str, text: &str, beside: bool) -> Result<Vec<Place>, FileError> {
        let lock = document(path, text)?;
        let Some(packages) = lock.as_item().get("package").and_then(Item::as_array_of_tables) else {
            return Ok(Vec::new());
        };
        let local: Vec<_> = packages
            .iter()
            .filter(|entry| entry.get("source").is_none())
            .filter_map(|entry| Some((entry.get("name")?.as_str()?, entry.get("version")?)))
            .filter_map(|(name, version)| Some((name, version.as_str()?, version.span())))
            .collect();
        let namesakes = local.iter().filter(|entry| self.package.is_some_and(|own| own.0 == entry.0)).count();
        let mut places = Vec::new();
        let mut names = BTreeSet::new();
        for (name, version, span) in &local {
            // An entry that lags behind the manifest is still the package's if no other has its name.
            let own = self.package.is_some_and(|(n, v)| n == *name && (v == *version || namesakes == 1));
            let inherited = beside && self.workspace == Some(*version);
            if own || inherited {
                places.extend(inside_quotes(path, text, version, span.clone()));
                names.insert(format!("{name} {version}"));
            }
        }
        // Where two packages share a name, dependencies say `name version`.
        let dependencies = packages.iter().filter_map(|entry| entry.get("dependencies")?.as_array());
        for dependency in dependencies.flatten() {
            let Some(wanted) = dependency.as_str().filter(|said| names.contains(*said)) else {
                continue;
            };
            let version = wanted.rsplit_once(' ').map_or(wanted, |(_, version)| version);
            let place = inside_quotes(path, text, version, dependency.span());
            places.extend(place.and_then(|place| {
                let start = place.range.end.checked_sub(version.len())?;
                (text.get(start..place.range.end) == Some(version))
                    .then_some(Place { range: start..place.range.end, ..place })
            }));
        }
        Ok(places)
    }
}
