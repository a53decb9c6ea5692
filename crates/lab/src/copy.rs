use allclear_host::process::write_to_run;
use std::path::Path;

/// Copies a tree with its links and modes. The owner may write all of the copy.
pub(crate) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    walk(from, to, &copy_file)
}

/// Copies a tree by hard links, for files that are never changed in place.
pub(crate) fn link(from: &Path, to: &Path) -> std::io::Result<()> {
    walk(from, to, &|from, to| std::fs::hard_link(from, to).or_else(|_| copy_file(from, to)))
}

fn copy_file(from: &Path, to: &Path) -> std::io::Result<()> {
    write_to_run(|| std::fs::copy(from, to)).map(drop)
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
