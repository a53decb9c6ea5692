//! Reads what is in commits and trees.

use super::error::{broken, id};
use super::{LIST_LIMIT, Store};
use crate::process::{Failure, Git};
use allclear_core::CommitId;
use allclear_core::ledger::Unreadable;
use allclear_core::port::{Listed, Objects, RepoError, TextAt};
use std::collections::BTreeMap;
use std::io::BufRead;

/// The largest file that is read as text.
const TEXT_LIMIT: usize = 4 << 20;

impl Objects for Store {
    fn files(&self, tree: &CommitId, paths: &[String]) -> Result<BTreeMap<String, String>, RepoError> {
        let usable: Vec<&String> = paths.iter().filter(|p| !p.contains('\n')).collect();
        let ask: String = usable.iter().map(|p| format!("{tree}:{p}\n")).collect();
        let mut files = BTreeMap::new();
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            for path in &usable {
                if let Some(text) = read_object(out, TEXT_LIMIT)?.ok().and_then(|b| String::from_utf8(b).ok())
                {
                    files.insert((*path).clone(), text);
                }
            }
            Ok(())
        };
        self.git.stream(&["cat-file", "--batch"], ask.as_bytes(), LIST_LIMIT, &mut each).map_err(broken)?;
        Ok(files)
    }

    fn file_of_each(&self, trees: &[CommitId], path: &str) -> Result<Vec<Option<String>>, RepoError> {
        let ask: String = trees.iter().map(|tree| format!("{tree}:{path}\n")).collect();
        let mut files = Vec::new();
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            for _ in trees {
                files.push(read_object(out, TEXT_LIMIT)?.ok().and_then(|b| String::from_utf8(b).ok()));
            }
            Ok(())
        };
        self.git.stream(&["cat-file", "--batch"], ask.as_bytes(), LIST_LIMIT, &mut each).map_err(broken)?;
        Ok(files)
    }

    fn text_at(&self, tree: &CommitId, path: &str) -> Result<TextAt, RepoError> {
        Ok(match slot(&self.git, tree, path).map_err(broken)? {
            Slot::Free => TextAt::Nothing,
            Slot::Taken => TextAt::Other,
            Slot::File => {
                let text = self.files(tree, &[path.to_owned()])?.remove(path);
                text.map_or(TextAt::Other, TextAt::Text)
            }
        })
    }

    fn listing(&self, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError> {
        list_files(&self.git, tree, paths).map_err(broken)
    }

    fn blob(&self, id: &CommitId) -> Result<Option<String>, RepoError> {
        let mut text = None;
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            text = read_object(out, TEXT_LIMIT)?.ok().and_then(|b| String::from_utf8(b).ok());
            Ok(())
        };
        self.git
            .stream(&["cat-file", "--batch"], format!("{id}\n").as_bytes(), LIST_LIMIT, &mut each)
            .map_err(broken)?;
        Ok(text)
    }

    fn objects(&self, ids: &[CommitId]) -> Result<Vec<String>, RepoError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let ask: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let mut texts = Vec::new();
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            for _ in ids {
                let mut head = String::new();
                out.read_line(&mut head)?;
                let size: u64 = head.trim_end().rsplit(' ').next().and_then(|s| s.parse().ok()).unwrap_or(0);
                let found = size > 0;
                let mut bytes = Vec::new();
                if found {
                    std::io::Read::read_to_end(&mut std::io::Read::take(&mut *out, size + 1), &mut bytes)?;
                }
                bytes.truncate(64 * 1024);
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
            }
            Ok(())
        };
        self.git.stream(&["cat-file", "--batch"], ask.as_bytes(), LIST_LIMIT, &mut each).map_err(broken)?;
        Ok(texts)
    }

    fn trees(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, RepoError> {
        let ask: String = commits.iter().map(|c| format!("{c}^{{tree}}\n")).collect();
        let out =
            self.git.ok(&["cat-file", "--batch-check=%(objectname)"], ask.as_bytes()).map_err(broken)?;
        String::from_utf8_lossy(&out).lines().map(|l| id(l.split(' ').next().unwrap_or_default())).collect()
    }
}

/// What stands at a path, by its mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Nothing, and nothing but folders above it.
    Free,
    /// A file.
    File,
    /// A folder, a link or a submodule; or one above it.
    Taken,
}

/// Looks what stands at a path of a tree.
fn slot(git: &Git, tree: &CommitId, path: &str) -> Result<Slot, Failure> {
    let above = path.match_indices('/').map(|(at, _)| &path[..at]);
    let args: Vec<&str> =
        ["ls-tree", "-z", tree.as_str(), "--"].into_iter().chain(above).chain([path]).collect();
    let out = git.ok(&args, b"")?;
    let out = String::from_utf8_lossy(&out);
    let mut slot = Slot::Free;
    for (mode, name) in out.split('\0').filter_map(|line| Some((line.get(..6)?, line.split_once('\t')?.1))) {
        slot = match (name == path, mode) {
            (true, "100644" | "100755") => return Ok(Slot::File),
            (false, "040000") => slot,
            (true | false, _) => Slot::Taken,
        };
    }
    Ok(slot)
}

/// Lists the files of a tree at some paths.
fn list_files(git: &Git, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, Failure> {
    let mut args = vec!["ls-tree", "-z", "-l", "--full-tree", tree.as_str(), "--"];
    args.extend(paths);
    let out = git.ok(&args, b"")?;
    Ok(out.split(|&b| b == 0).filter_map(|line| listed(std::str::from_utf8(line).ok()?)).collect())
}

/// Reads `100644 blob <id> <size>\t<path>`.
fn listed(line: &str) -> Option<Listed> {
    let (head, path) = line.split_once('\t')?;
    let mut words = head.split_ascii_whitespace();
    let (mode, kind) = (words.next()?, words.next()?);
    let size = words.nth(1)?.parse().unwrap_or(0);
    let regular = matches!(mode, "100644" | "100755" | "100664");
    (kind != "tree").then(|| Listed { path: path.to_owned(), regular, size })
}

/// Reads one answer of `cat-file --batch`, and skips what is too large to be kept.
pub(super) fn read_object(
    out: &mut dyn BufRead,
    limit: usize,
) -> std::io::Result<Result<Vec<u8>, Unreadable>> {
    let mut head = String::new();
    out.read_line(&mut head)?;
    let mut words = head.trim_end().rsplit(' ');
    let (size, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let Ok(size) = size.parse::<usize>() else { return Ok(Err(Unreadable::Absent)) };
    let mut take = std::io::Read::take(&mut *out, size as u64 + 1);
    if kind != "blob" || size > limit {
        std::io::copy(&mut take, &mut std::io::sink())?;
        return Ok(Err(if kind == "blob" { Unreadable::TooLarge } else { Unreadable::Absent }));
    }
    let mut bytes = Vec::with_capacity(size + 1);
    std::io::Read::read_to_end(&mut take, &mut bytes)?;
    bytes.pop();
    Ok(Ok(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_a_tree() {
        let id = "1111111111111111111111111111111111111111";
        let file = listed(&format!("100644 blob {id}      12\t.github/a b.yml")).unwrap();
        assert_eq!(file, Listed { path: ".github/a b.yml".into(), regular: true, size: 12 });
        assert!(!listed(&format!("120000 blob {id}       4\tlink")).unwrap().regular);
        assert_eq!(listed(&format!("040000 tree {id}       -\t.github/workflows")), None);
        assert!(!listed(&format!("160000 commit {id}       -\tother")).unwrap().regular);
        assert_eq!(listed("rubbish"), None);
    }
}
