//! Copies of trees.

use std::path::Path;

/// Copies a tree with its links and modes. What it makes is the owner's to write.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    walk(from, to, &|from, to| std::fs::copy(from, to).map(drop))
}

/// Makes a tree of hard links: for files that nobody ever changes in place.
pub(crate) fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    walk(from, to, &|from, to| std::fs::hard_link(from, to).or_else(|_| std::fs::copy(from, to).map(drop)))
}

fn walk(from: &Path, to: &Path, file: &dyn Fn(&Path, &Path) -> std::io::Result<()>) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (kind, place) = (entry.file_type()?, to.join(entry.file_name()));
        if kind.is_dir() {
            walk(&entry.path(), &place, file)?;
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(std::fs::read_link(entry.path())?, &place)?;
        } else if kind.is_file() {
            file(&entry.path(), &place)?;
        }
    }
    Ok(())
}
