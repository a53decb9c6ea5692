//! Names of packages and modules, and where TOML has them.

/// Tells whether a text is the name of a package or module: nothing in it means anything to a shell or to a
/// client's options.
pub(super) fn is_name(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-_./~@".contains(c);
    (1..=214).contains(&text.len()) && !text.starts_with('-') && text.chars().all(fits)
}

pub(super) fn in_toml(text: &str, keys: &[&str]) -> Option<String> {
    let root: toml::Table = toml::from_str(text).ok()?;
    let (last, tables) = keys.split_last()?;
    let table = tables.iter().try_fold(&root, |table, key| table.get(*key)?.as_table())?;
    Some(table.get(*last)?.as_str()?.to_owned())
}
