//! Reads the contents of commits and trees.

use super::error::{broken, missing};
use super::{Store, held};
use crate::parse;
use crate::process::{Failure, Git};
use allclear_core::CommitId;
use allclear_core::ledger::entry::Unreadable;
use allclear_core::port::{Listed, Objects, RepoError, TextAt};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, Read};

pub(crate) const TEXT_LIMIT: usize = 4 << 20;

impl Objects for Store {
    fn files(&self, tree: &CommitId, paths: &[String]) -> Result<BTreeMap<String, String>, RepoError> {
        let usable: Vec<&str> = paths.iter().map(String::as_str).filter(|p| !p.contains('\n')).collect();
        let asked: Vec<(&CommitId, &str)> = usable.iter().map(|path| (tree, *path)).collect();
        let texts = self.healing(&|| self.texts(&asked))?;
        let found = usable.into_iter().zip(texts).filter_map(|(path, text)| Some((path.to_owned(), text?)));
        Ok(found.collect())
    }

    fn file_of_each(&self, trees: &[CommitId], path: &str) -> Result<Vec<Option<String>>, RepoError> {
        let asked: Vec<(&CommitId, &str)> = trees.iter().map(|tree| (tree, path)).collect();
        self.healing(&|| self.texts(&asked))
    }

    fn text_at(&self, tree: &CommitId, path: &str) -> Result<TextAt, RepoError> {
        Ok(match self.healing(&|| slot(self.git(), tree, path).map_err(broken))? {
            Slot::Free => TextAt::Nothing,
            Slot::Taken => TextAt::Other,
            Slot::File => {
                let text = self.files(tree, &[path.to_owned()])?.remove(path);
                text.map_or(TextAt::Other, TextAt::Text)
            }
        })
    }

    fn listing(&self, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError> {
        self.healing(&|| list_files(self.git(), tree, paths))
    }

    fn blob(&self, id: &CommitId) -> Result<Option<String>, RepoError> {
        self.healing(&|| {
            let mut blob = Err(Unreadable::Absent);
            self.contents([id.as_str()], &mut |out| {
                blob = read_object(out, TEXT_LIMIT)?;
                Ok(())
            })?;
            match blob {
                Ok(bytes) => Ok(String::from_utf8(bytes).ok()),
                Err(Unreadable::TooLarge) => Ok(None),
                Err(Unreadable::Absent) => Err(missing(&format!("the file {id}"))),
            }
        })
    }

    fn objects(&self, ids: &[CommitId]) -> Result<Vec<String>, RepoError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        self.healing(&|| {
            let mut texts = Vec::new();
            self.contents(ids.iter().map(CommitId::as_str), &mut |out| {
                let bytes = read_beginning(out, 64 * 1024)?.unwrap_or_default();
                texts.push(String::from_utf8_lossy(&bytes).into_owned());
                Ok(())
            })?;
            if texts.iter().any(String::is_empty) {
                self.check_history()?;
            }
            Ok(texts)
        })
    }

    fn raw(&self, id: &CommitId) -> Result<Vec<u8>, RepoError> {
        if let Some(bytes) = held(&self.state.written).get(id) {
            return Ok(bytes.clone());
        }
        self.healing(&|| {
            let mut object = None;
            self.contents([id.as_str()], &mut |out| {
                object = read_beginning(out, u64::MAX)?;
                Ok(())
            })?;
            object.ok_or_else(|| missing(&format!("the object {id}")))
        })
    }

    fn trees(&self, commits: &[CommitId]) -> Result<Vec<CommitId>, RepoError> {
        let names: Vec<String> = commits.iter().map(|commit| format!("{commit}^{{tree}}")).collect();
        self.healing(&|| {
            let mut trees = Vec::new();
            for (found, commit) in self.infos(names.iter().map(String::as_str))?.into_iter().zip(commits) {
                let Some((tree, _)) = found else {
                    self.check_top(commit, "")?;
                    return Err(RepoError::NotFound(format!("the commit {commit} is not in the store")));
                };
                trees.push(tree);
            }
            Ok(trees)
        })
    }
}

impl Store {
    /// Reads objects, and hands the answer for each to `read`.
    fn contents<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
        read: &mut dyn FnMut(&mut dyn BufRead) -> std::io::Result<()>,
    ) -> Result<(), RepoError> {
        let requests = self.requests("contents", names);
        self.reader().read(&requests, read).map_err(broken)
    }

    /// Asks for objects by an id, or by what an id leads to. An id of another length than those of the store may be the
    /// name of a branch: then the object that nobody has is asked for.
    fn requests<'a>(&self, what: &str, names: impl IntoIterator<Item = &'a str>) -> Vec<String> {
        let length = self.id_length();
        let nobody = "0".repeat(length);
        let is_id = |name: &&str| name.split(['^', ':']).next().is_some_and(|id| id.len() == length);
        let asked = names.into_iter().map(|name| if is_id(&name) { name } else { nobody.as_str() });
        asked.map(|name| format!("{what} {name}")).collect()
    }

    /// Reads the raw tree of a commit, or a tree.
    pub(super) fn raw_tree(&self, name: &str) -> Result<Vec<u8>, RepoError> {
        let mut raw = None;
        self.contents([format!("{name}^{{tree}}").as_str()], &mut |out| {
            raw = read_tree(out, u64::MAX)?;
            Ok(())
        })?;
        raw.ok_or_else(|| missing(&format!("the files of {name}")))
    }

    /// Gives id and type of objects; `None` for what the store does not have.
    pub(super) fn infos<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Result<Vec<Option<(CommitId, String)>>, RepoError> {
        let requests = self.requests("info", names);
        let mut found = Vec::new();
        let mut read = |out: &mut dyn BufRead| {
            let mut line = String::new();
            out.read_line(&mut line)?;
            let mut words = line.trim_end().split(' ');
            let id = words.next().and_then(|id| CommitId::parse(id).ok());
            let kind = words.next().filter(|_| words.next().is_some());
            found.push(id.zip(kind.map(str::to_owned)));
            Ok(())
        };
        self.reader().read(&requests, &mut read).map_err(broken)?;
        Ok(found)
    }

    /// Reads files as texts. Of those that are not there, the folders above them are read too: they tell files that do
    /// not exist from files that the store has lost.
    fn texts(&self, asked: &[(&CommitId, &str)]) -> Result<Vec<Option<String>>, RepoError> {
        let name = |(tree, path): &(&CommitId, &str)| format!("{tree}:{path}");
        let names: Vec<String> = asked.iter().map(name).collect();
        let mut found = Vec::new();
        self.contents(names.iter().map(String::as_str), &mut |out| {
            found.push(read_object(out, TEXT_LIMIT)?);
            Ok(())
        })?;
        let absent = asked.iter().zip(&found).filter(|(_, file)| matches!(file, Err(Unreadable::Absent)));
        let absent: Vec<(&CommitId, &str)> = absent.map(|(asked, _)| *asked).collect();
        self.check_absent(&absent)?;
        let text =
            |file: Result<Vec<u8>, Unreadable>| file.ok().and_then(|bytes| String::from_utf8(bytes).ok());
        Ok(found.into_iter().map(text).collect())
    }

    /// Makes sure that no tree lists files that could not be read.
    fn check_absent(&self, absent: &[(&CommitId, &str)]) -> Result<(), RepoError> {
        let folders: BTreeSet<(&CommitId, &str)> =
            absent.iter().flat_map(|(tree, path)| above(path).map(move |folder| (*tree, folder))).collect();
        let names: Vec<String> = folders.iter().map(|(tree, folder)| format!("{tree}:{folder}")).collect();
        let mut raws = Vec::new();
        self.contents(names.iter().map(String::as_str), &mut |out| {
            raws.push(read_tree(out, u64::MAX)?);
            Ok(())
        })?;
        let trees: BTreeMap<(&CommitId, &str), Option<Vec<u8>>> = folders.iter().copied().zip(raws).collect();
        for (tree, path) in absent {
            // From the top down: what a folder lists has to be there.
            for folder in above(path) {
                let Some(raw) = trees.get(&(*tree, folder)).and_then(Option::as_ref) else {
                    self.check_top(tree, folder)?;
                    break;
                };
                let rest = path[folder.len()..].trim_start_matches('/');
                let (name, last) = rest.split_once('/').map_or((rest, true), |(name, _)| (name, false));
                let mode = find_in(raw, name, self.id_length() / 2).map(|(mode, _)| mode);
                let listed = mode
                    .is_some_and(|mode| mode.starts_with(if last { "1" } else { "4" }) && mode != "160000");
                let below = format!("{folder}{}{name}", if folder.is_empty() { "" } else { "/" });
                if listed && (last || trees.get(&(*tree, below.as_str())).is_some_and(Option::is_none)) {
                    return Err(missing(&format!("{below} of {}", tree.short())));
                }
            }
        }
        Ok(())
    }

    /// Makes sure that the store has a tree that could not be read.
    fn check_top(&self, tree: &CommitId, folder: &str) -> Result<(), RepoError> {
        if !folder.is_empty() {
            return Ok(());
        }
        let peeled = format!("{tree}^{{}}");
        match self.infos([peeled.as_str()])?.pop().flatten() {
            None => self.check_history(),
            // It has none.
            Some((_, kind)) if kind == "blob" => Ok(()),
            Some(_) => Err(missing(&format!("the files of {}", tree.short()))),
        }
    }
}

/// Lists the folders above a path, the top first.
fn above(path: &str) -> impl Iterator<Item = &str> {
    std::iter::once("").chain(path.match_indices('/').map(|(at, _)| &path[..at]))
}

/// Finds the mode and the id of a name in a raw tree whose ids have `width` bytes.
pub(super) fn find_in<'a>(raw: &'a [u8], wanted: &str, width: usize) -> Option<(&'a str, &'a [u8])> {
    let found = parse::tree(raw, width)?.into_iter().find(|(_, name, _)| *name == wanted.as_bytes());
    found.map(|(mode, _, id)| (mode, id))
}

/// Reads the first bytes of an object; `None` if it is missing.
fn read_beginning(out: &mut dyn BufRead, most: u64) -> std::io::Result<Option<Vec<u8>>> {
    let Some((_, size)) = read_header(out)? else { return Ok(None) };
    let mut bytes = Vec::new();
    out.take(size.min(most)).read_to_end(&mut bytes)?;
    std::io::copy(&mut out.take(size.saturating_sub(most) + 1), &mut std::io::sink())?;
    Ok(Some(bytes))
}

/// Reads a tree; `None` if it is missing, something else, or larger than `limit`.
pub(super) fn read_tree(out: &mut dyn BufRead, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    let Some((kind, size)) = read_header(out)? else { return Ok(None) };
    read_content(out, size, if kind == "tree" { limit } else { 0 }).map(|raw| raw.filter(|_| kind == "tree"))
}

/// Reads the header of an answer of `cat-file --batch`: type and size; `None` if the object is missing.
pub(super) fn read_header(out: &mut dyn BufRead) -> std::io::Result<Option<(String, u64)>> {
    let mut line = String::new();
    out.read_line(&mut line)?;
    let mut words = line.trim_end().rsplit(' ');
    let (size, kind) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    Ok(size.parse().ok().map(|size| (kind.to_owned(), size)))
}

/// Reads the content that follows a header; skips it, and gives `None`, if it is larger than `limit`.
pub(super) fn read_content(out: &mut dyn BufRead, size: u64, limit: u64) -> std::io::Result<Option<Vec<u8>>> {
    let mut content = out.take(size + 1);
    if size > limit {
        std::io::copy(&mut content, &mut std::io::sink())?;
        return Ok(None);
    }
    let mut bytes = Vec::new();
    content.read_to_end(&mut bytes)?;
    bytes.pop();
    Ok(Some(bytes))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Nothing, and nothing but folders above it.
    Free,
    File,
    /// A folder, a link or a submodule, or one of them above it.
    Taken,
}

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

fn list_files(git: &Git, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError> {
    let mut args = vec!["ls-tree", "-z", "-l", "--full-tree", tree.as_str(), "--"];
    args.extend(paths);
    let out = git.ok(&args, b"").map_err(broken)?;
    let lines = out.split(|&b| b == 0).filter_map(|line| std::str::from_utf8(line).ok());
    let files: Result<Vec<Listed>, Unreadable> = lines.filter_map(|line| listed(line).transpose()).collect();
    files.map_err(|_lost| missing(&format!("a file of {}", tree.short())))
}

/// Reads `100644 blob <id> <size>\t<path>`; `None` for a folder. What is lost has the size `BAD`.
fn listed(line: &str) -> Result<Option<Listed>, Unreadable> {
    let Some((head, path)) = line.split_once('\t') else { return Ok(None) };
    let words: Vec<&str> = head.split_ascii_whitespace().collect();
    let [mode, kind, _, size] = words[..] else { return Ok(None) };
    let size = if size == "-" { 0 } else { size.parse().map_err(|_| Unreadable::Absent)? };
    let regular = matches!(mode, "100644" | "100755" | "100664");
    Ok((kind != "tree").then(|| Listed { path: path.to_owned(), regular, size }))
}

/// Reads one answer of `cat-file --batch`; objects larger than `limit` are skipped.
pub(crate) fn read_object(
    out: &mut dyn BufRead,
    limit: usize,
) -> std::io::Result<Result<Vec<u8>, Unreadable>> {
    let Some((kind, size)) = read_header(out)? else { return Ok(Err(Unreadable::Absent)) };
    let content = read_content(out, size, limit as u64)?;
    if kind == "blob" { Ok(content.ok_or(Unreadable::TooLarge)) } else { Ok(Err(Unreadable::Absent)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::of_an_empty_server;
    use crate::user_clone::{Clone, Environment};
    use allclear_core::port::Remote;
    use std::ffi::OsString;

    #[test]
    fn lines_of_a_tree() {
        let id = "1111111111111111111111111111111111111111";
        let file = |text: &str| listed(&text.replace("ID", id)).unwrap();
        let plain = Listed { path: ".github/a b.yml".into(), regular: true, size: 12 };
        assert_eq!(file("100644 blob ID      12\t.github/a b.yml"), Some(plain));
        assert!(!file("120000 blob ID       4\tlink").unwrap().regular);
        assert_eq!(file("040000 tree ID       -\t.github/workflows"), None);
        assert!(!file("160000 commit ID       -\tother").unwrap().regular);
        assert_eq!(file("rubbish"), None);
        assert_eq!(listed(&format!("100644 blob {id}     BAD\tlost")), Err(Unreadable::Absent));
    }

    #[test]
    fn an_id_of_another_length_is_no_branch() {
        let dir = tempfile::tempdir().unwrap();
        let store = of_an_empty_server(dir.path());
        let name = "1".repeat(64);
        let stream = format!(
            "commit refs/heads/{name}\ncommitter A <a@b> 1 +0000\ndata 0\nM 100644 inline a\ndata 2\na\n"
        );
        store.git().ok(&["fast-import", "--quiet"], stream.as_bytes()).unwrap();
        let id =
            CommitId::parse(&store.git().line(&["rev-parse", &format!("refs/heads/{name}")], b"").unwrap());
        let read = |id: CommitId| store.file_of_each(&[id], "a").unwrap();
        assert_eq!(read(id.unwrap()), [Some("a\n".to_owned())]);
        assert_eq!(read(CommitId::parse(&name).unwrap()), [None]);
    }

    #[test]
    fn what_a_new_lender_has_is_found_by_whoever_read_before() {
        let dir = tempfile::tempdir().unwrap();
        let inherited: Vec<(OsString, OsString)> =
            vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())];
        let env = Environment { inherited, cache: dir.path().join("cache") };
        let git = |place: &str, args: &[&str]| {
            let person = ["-c", "user.name=A", "-c", "user.email=a@b"];
            let git = Git::new(dir.path().join(place), &env.inherited);
            git.line(&[&person[..], args].concat(), b"").unwrap()
        };
        git(".", &["init", "-q", "--bare", "-b", "main", "server"]);
        git(".", &["clone", "-q", "server", "one"]);
        git("one", &["commit", "-q", "--allow-empty", "-m", "first"]);
        git("one", &["push", "-q", "origin", "HEAD:refs/heads/main"]);
        git(".", &["clone", "-q", "server", "two"]);
        let open = |place: &str| {
            Store::open(&Clone::open(&dir.path().join(place), None, &env).unwrap(), &env).unwrap()
        };
        let tree = |store: &Store| {
            let refs = store.observe().unwrap();
            store.trees(&refs.objects.into_values().collect::<Vec<_>>()).unwrap()
        };
        let store = open("one");
        assert_eq!(tree(&store).len(), 1);
        std::fs::write(dir.path().join("two/a"), "a\n").unwrap();
        git("two", &["add", "a"]);
        git("two", &["commit", "-q", "-m", "second"]);
        git("two", &["push", "-q", "origin", "HEAD:refs/heads/main"]);
        let lent = open("two");
        assert_eq!(tree(&store), tree(&lent));
    }
}
