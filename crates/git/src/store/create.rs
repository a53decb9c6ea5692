//! Makes trees, commits and tags, signed if the person signs with SSH.

use super::error::{broken, id, missing};
use super::{Store, held};
use crate::parse;
use crate::process::Git;
use crate::writer::{Kind, id_of};
use allclear_core::CommitId;
use allclear_core::port::{Create, NewCommit, ObjectKind, RepoError, Signature};
use allclear_core::types::text::hex;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

/// The mode of a folder in a tree.
const FOLDER: &str = "40000";

impl Create for Store {
    fn prepare(&self, kinds: &[ObjectKind]) {
        let mut all = vec![Kind::Blob, Kind::Tree];
        // What is signed is written by other means.
        if self.signing_key.is_none() {
            all.extend(kinds.iter().copied().map(kind_of));
        }
        let state = Arc::clone(&self.state);
        let start = move || {
            drop(held(&state.reader).start());
            drop(held(&state.writer).start(&all));
        };
        // What cannot be started now is started, and fails, when it is needed.
        drop(std::thread::Builder::new().spawn(start));
    }

    fn write_tree(
        &self,
        tree: Option<&CommitId>,
        files: &BTreeMap<String, String>,
    ) -> Result<CommitId, RepoError> {
        let mut blobs = BTreeMap::new();
        for (path, text) in files {
            blobs.insert(path.as_str(), self.hash(Kind::Blob, text.as_bytes())?);
        }
        self.edit(tree.map(CommitId::as_str), &blobs)
    }

    fn write_commit(&self, commit: &NewCommit) -> Result<CommitId, RepoError> {
        let (author, by) = (author(commit), ident(&commit.by));
        if let Some(key) = &self.signing_key {
            return self.write_signed(commit, key);
        }
        let mut text = format!("tree {}\n", commit.tree);
        for parent in &commit.parents {
            text.push_str(&format!("parent {parent}\n"));
        }
        text.push_str(&format!("author {author}\ncommitter {by}\n\n{}\n", message(&commit.message)));
        let kind = if commit.author.is_some() { Kind::OldCommit } else { Kind::Commit };
        self.hash(kind, text.as_bytes())
    }

    fn write_tag(
        &self,
        name: &str,
        target: &CommitId,
        by: &Signature,
        text: &str,
    ) -> Result<CommitId, RepoError> {
        if let Some(key) = &self.signing_key {
            return self.write_signed_tag(name, target, by, text, key);
        }
        let by = ident(by);
        self.hash(
            Kind::Tag,
            format!("object {target}\ntype commit\ntag {name}\ntagger {by}\n\n{}\n", message(text))
                .as_bytes(),
        )
    }

    fn write_object(&self, kind: ObjectKind, raw: &[u8], id: &CommitId) -> Result<bool, RepoError> {
        let kind = kind_of(kind);
        if id_of(&self.format, kind.name(), raw).as_ref() != Ok(id) {
            return Ok(false);
        }
        let head = String::from_utf8_lossy(raw);
        let head = head.lines().take_while(|line| !line.is_empty()).filter_map(|line| line.split_once(' '));
        let named: Vec<(&str, &str)> = head
            .filter_map(|(word, id)| match word {
                "tree" => Some(("tree", id)),
                "parent" | "object" => Some(("commit", id)),
                _ => None,
            })
            .collect();
        let found = self.infos(named.iter().map(|(_, id)| *id))?;
        let is_there = |((kind, name), found): (&(&str, &str), &Option<(CommitId, String)>)| {
            found.as_ref().is_some_and(|(id, is)| (is.as_str(), id.as_str()) == (*kind, *name))
        };
        if !named.iter().zip(&found).all(is_there) {
            return Ok(false);
        }
        self.hash(kind, raw)?;
        // Git refuses what does not have the form of one.
        self.settle();
        Ok(held(&self.state.writer).take_failure().is_ok())
    }
}

/// The kind whose form git checks.
fn kind_of(kind: ObjectKind) -> Kind {
    match kind {
        ObjectKind::Commit => Kind::Commit,
        ObjectKind::Tag => Kind::Tag,
    }
}

impl Store {
    pub(super) fn hash(&self, kind: Kind, bytes: &[u8]) -> Result<CommitId, RepoError> {
        let mut writer = self.writer();
        let id = writer.object(kind, bytes).map_err(broken)?;
        self.state.unsettled.store(true, SeqCst);
        drop(writer);
        if matches!(kind, Kind::Commit | Kind::Tag) {
            held(&self.state.written).insert(id.clone(), bytes.to_vec());
        }
        Ok(id)
    }

    /// Writes a tree: `tree` with some files replaced.
    fn edit(&self, tree: Option<&str>, files: &BTreeMap<&str, CommitId>) -> Result<CommitId, RepoError> {
        let raw = tree.map_or_else(|| Ok(Vec::new()), |tree| self.raw_tree(tree))?;
        let entries =
            parse::tree(&raw, self.id_length() / 2).ok_or_else(|| missing("a tree that can be read"))?;
        let mut entries: BTreeMap<&[u8], (&str, Vec<u8>)> =
            entries.into_iter().map(|(mode, name, id)| (name, (mode, id.to_vec()))).collect();
        let mut folders: BTreeMap<&str, BTreeMap<&str, CommitId>> = BTreeMap::new();
        for (path, id) in files {
            if let Some((folder, rest)) = path.split_once('/') {
                folders.entry(folder).or_default().insert(rest, id.clone());
            } else {
                let runs = entries.get(path.as_bytes()).is_some_and(|(mode, _)| *mode == "100755");
                entries.insert(path.as_bytes(), (if runs { "100755" } else { "100644" }, bytes_of(id)?));
            }
        }
        for (folder, files) in folders {
            let below = entries.get(folder.as_bytes()).filter(|(mode, _)| is_folder(mode));
            let made = self.edit(below.map(|(_, id)| hex(id)).as_deref(), &files)?;
            entries.insert(folder.as_bytes(), (FOLDER, bytes_of(&made)?));
        }
        self.hash(Kind::Tree, &encoded(entries))
    }

    fn signing(&self, by: &Signature) -> Git {
        let (name, email) = name_and_email(&by.who);
        let date = format!("{} +0000", by.at.as_second());
        let mut git = self.git().clone().with_config("gpg.format", "ssh");
        for role in ["AUTHOR", "COMMITTER"] {
            git = git
                .with_env(&format!("GIT_{role}_NAME"), &name)
                .with_env(&format!("GIT_{role}_EMAIL"), &email);
            git = git.with_env(&format!("GIT_{role}_DATE"), &date);
        }
        git
    }

    /// Makes a signed tag by way of a ref in the store, since git has no other way to sign tags.
    fn write_signed_tag(
        &self,
        name: &str,
        target: &CommitId,
        by: &Signature,
        text: &str,
        key: &str,
    ) -> Result<CommitId, RepoError> {
        let _guard = self.lock()?;
        let git = self.signing(by);
        let args =
            ["tag", "-f", "-a", "-s", "-u", key, "--cleanup=verbatim", "-F", "-", name, target.as_str()];
        git.ok(&args, format!("{}\n", message(text)).as_bytes()).map_err(broken)?;
        let full = format!("refs/tags/{name}");
        let made = git.line(&["rev-parse", "--verify", &full], b"").map_err(broken)?;
        git.ok(&["update-ref", "-d", &full], b"").map_err(broken)?;
        id(&made)
    }

    fn write_signed(&self, commit: &NewCommit, key: &str) -> Result<CommitId, RepoError> {
        let mut git = self.signing(&commit.by);
        if let Some(author) = &commit.author {
            let (name, email) = name_and_email(&author.who);
            let date = format!("@{}", author.date);
            git = git.with_env("GIT_AUTHOR_NAME", &name).with_env("GIT_AUTHOR_EMAIL", &email);
            git = git.with_env("GIT_AUTHOR_DATE", &date);
        }
        let sign = format!("-S{key}");
        let mut args = vec!["commit-tree", commit.tree.as_str(), &sign];
        for parent in &commit.parents {
            args.extend(["-p", parent.as_str()]);
        }
        let made = git.line(&args, format!("{}\n", message(&commit.message)).as_bytes()).map_err(broken)?;
        id(&made)
    }
}

fn is_folder(mode: &str) -> bool {
    mode.trim_start_matches('0') == FOLDER
}

/// Writes a tree as git does: in the order of the names, to which those of folders have a slash.
fn encoded(entries: BTreeMap<&[u8], (&str, Vec<u8>)>) -> Vec<u8> {
    let mut entries: Vec<_> = entries.into_iter().collect();
    entries.sort_by_key(|(name, (mode, _))| {
        let slash: &[u8] = if is_folder(mode) { b"/" } else { b"" };
        [*name, slash].concat()
    });
    let raw = entries.iter().flat_map(|(name, (mode, id))| {
        [mode.trim_start_matches('0').as_bytes(), b" ", name, b"\0", id].concat()
    });
    raw.collect()
}

fn bytes_of(id: &CommitId) -> Result<Vec<u8>, RepoError> {
    base16ct::lower::decode_vec(id.as_str()).map_err(|e| RepoError::Protocol(e.to_string()))
}

fn name_and_email(who: &str) -> (String, String) {
    let clean = |s: &str| -> String {
        s.chars().filter(|c| !matches!(c, '<' | '>') && !c.is_control()).take(200).collect()
    };
    let (name, email) = who.split_once('<').unwrap_or((who, ""));
    let name = clean(name.trim());
    let email = clean(email.trim_end_matches('>').trim());
    (if name.is_empty() { "allclear".into() } else { name }, email)
}

fn ident(by: &Signature) -> String {
    let (name, email) = name_and_email(&by.who);
    format!("{name} <{email}> {} +0000", by.at.as_second())
}

fn author(commit: &NewCommit) -> String {
    let Some(author) = &commit.author else { return ident(&commit.by) };
    let (name, email) = name_and_email(&author.who);
    format!("{name} <{email}> {}", author.date)
}

fn message(text: &str) -> String {
    text.replace('\0', "\u{fffd}").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::of_an_empty_server;

    #[test]
    fn a_tree_keeps_what_is_not_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let store = of_an_empty_server(dir.path());
        let text = |text: &str| store.hash(Kind::Blob, text.as_bytes()).unwrap();
        let (one, two) = (text("one\n"), text("two\n"));
        let link = "1".repeat(40);
        let index = |list: String| {
            let git = store.git().clone().with_env("GIT_INDEX_FILE", dir.path().join("index"));
            git.ok(&["update-index", "-z", "--index-info"], list.as_bytes()).unwrap();
            CommitId::parse(&git.line(&["write-tree"], b"").unwrap()).unwrap()
        };
        let before = index(format!(
            "100644 {one}\ta.txt\0100755 {one}\tbin/run\0100644 {one}\tbin/other\0120000 {one}\tlink\0160000 {link}\tmodule\0100644 {one}\tbin.txt\0"
        ));
        let files =
            ["a.txt", "bin/run", "bin/new", "deep/er/file"].map(|p| (p.to_owned(), "two\n".to_owned()));
        let after = store.write_tree(Some(&before), &files.into()).unwrap();
        let expected = index(format!(
            "100644 {two}\ta.txt\0100755 {two}\tbin/run\0100644 {two}\tbin/new\0100644 {two}\tdeep/er/file\0"
        ));
        assert_eq!(after, expected);
    }

    #[test]
    fn a_name_is_one_line() {
        let by = Signature { who: "A\nB <<a@b>>".into(), at: jiff::Timestamp::UNIX_EPOCH };
        assert_eq!(ident(&by), "AB <a@b> 0 +0000");
    }
}
