use std::path::Path;

/// The files of a tree, sorted, with `/` between folders.
#[derive(Debug)]
pub(crate) struct Files(Vec<String>);

impl Files {
    /// Lists the regular files whose names are UTF-8. Links are not followed.
    pub(crate) fn of(tree: &Path) -> Self {
        let mut found = Vec::new();
        walk(tree, "", &mut found);
        found.sort_unstable();
        Self(found)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.iter().any(|file| file_name(file) == name)
    }
}

/// The folder of a file; empty for the top.
pub(crate) fn folder(file: &str) -> &str {
    file.rsplit_once('/').map_or("", |(dir, _)| dir)
}

pub(crate) fn file_name(file: &str) -> &str {
    file.rsplit('/').next().unwrap_or(file)
}

fn walk(dir: &Path, before: &str, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let (Ok(kind), Some(name)) = (entry.file_type(), entry.file_name().to_str().map(str::to_owned))
        else {
            continue;
        };
        let path = format!("{before}{name}");
        if kind.is_dir() {
            walk(&entry.path(), &format!("{path}/"), found);
        } else if kind.is_file() {
            found.push(path);
        }
    }
}
