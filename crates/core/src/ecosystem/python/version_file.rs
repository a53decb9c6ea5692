//! `pyproject.toml` (PyPA, "pyproject.toml specification", and Poetry's own table).

use crate::ecosystem::place::error::FileError;
use crate::ecosystem::place::toml::{document, item, version_at};
use crate::ecosystem::place::{Contents, Place};
use toml_edit::Item;

/// Names no lock file: none of Python's repeats the version of the project.
pub(super) fn locks(_: &str) -> Vec<String> {
    Vec::new()
}

pub(super) fn places(path: &str, text: &str, _: &Contents) -> Result<Vec<Place>, FileError> {
    let manifest = document(path, text)?;
    let root = manifest.as_item();
    let project = version_at(path, text, root, &["project", "version"], "`project.version`")?;
    let poetry = version_at(path, text, root, &["tool", "poetry", "version"], "`tool.poetry.version`")?;
    let found: Vec<Place> = project.into_iter().chain(poetry).collect();
    // Poetry 2 declares its own version as dynamic; its plug-in really computes it.
    let plugin = item(root, &["tool", "poetry-dynamic-versioning", "enable"]).and_then(Item::as_bool);
    if plugin == Some(true) || (found.is_empty() && dynamic(root)) {
        return Err(FileError::Dynamic { path: path.into() });
    }
    if found.is_empty() {
        let sought = "`project.version` or `tool.poetry.version`";
        return Err(FileError::NoVersion { path: path.into(), sought });
    }
    Ok(found)
}

fn dynamic(root: &Item) -> bool {
    let fields = item(root, &["project", "dynamic"]).and_then(Item::as_array);
    fields.is_some_and(|fields| fields.iter().any(|field| field.as_str() == Some("version")))
}
