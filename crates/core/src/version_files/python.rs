//! `pyproject.toml` (PyPA, "pyproject.toml specification", and Poetry's own table).

use super::{FileError, Place, item, toml, toml_version};
use toml_edit::Item;

/// Finds `project.version` and `tool.poetry.version`.
pub(super) fn places(path: &str, text: &str) -> Result<Vec<Place>, FileError> {
    let manifest = toml(path, text)?;
    let root = manifest.as_item();
    let project = toml_version(path, text, root, &["project", "version"], "`project.version`")?;
    let poetry = toml_version(path, text, root, &["tool", "poetry", "version"], "`tool.poetry.version`")?;
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
