//! Makes trees, commits and tags as git has them: who, when and what, and by whom they are signed.

use super::error::{broken, id, io};
use super::{Store, loose};
use crate::process::Git;
use allclear_core::CommitId;
use allclear_core::port::{Create, NewCommit, RepoError, Signature};
use std::collections::BTreeMap;

impl Create for Store {
    fn write_tree(
        &self,
        tree: Option<&CommitId>,
        files: &BTreeMap<String, String>,
    ) -> Result<CommitId, RepoError> {
        let blobs: Vec<(&String, CommitId)> = files
            .iter()
            .map(|(path, text)| Ok((path, self.hash("blob", text.as_bytes())?)))
            .collect::<Result<_, RepoError>>()?;
        let Some(tree) = tree else {
            if self.plain && files.keys().all(|name| !name.contains('/') && loose::is_path(name)) {
                return self.hash("tree", &loose::tree(blobs));
            }
            let list: String = blobs.iter().map(|(path, id)| format!("100644 blob {id}\t{path}\n")).collect();
            let made = self.git.line(&["mktree"], list.as_bytes()).map_err(broken)?;
            return id(&made);
        };
        let dir = self.scratch()?;
        let git = self.git.clone().with_env("GIT_INDEX_FILE", dir.join("index"));
        let mut args = vec!["ls-tree", "-z", tree.as_str(), "--"];
        args.extend(files.keys().map(String::as_str));
        let modes = git.ok(&args, b"").map_err(broken)?;
        let modes = String::from_utf8_lossy(&modes).into_owned();
        let mode_of = |path: &str| {
            modes.split('\0').find_map(|l| l.strip_suffix(&format!("\t{path}")).map(|l| l[..6].to_owned()))
        };
        let list: String = blobs
            .iter()
            .map(|(path, id)| {
                format!(
                    "{} {id}\t{path}\0",
                    mode_of(path).filter(|m| m == "100755").unwrap_or_else(|| "100644".into())
                )
            })
            .collect();
        let result = git
            .ok(&["read-tree", tree.as_str()], b"")
            .and_then(|_| git.ok(&["update-index", "-z", "--index-info"], list.as_bytes()))
            .and_then(|_| git.line(&["write-tree"], b""));
        drop(std::fs::remove_dir_all(&dir));
        id(&result.map_err(broken)?)
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
        self.hash("commit", text.as_bytes())
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
            "tag",
            format!("object {target}\ntype commit\ntag {name}\ntagger {by}\n\n{}\n", message(text))
                .as_bytes(),
        )
    }
}

impl Store {
    pub(super) fn hash(&self, kind: &str, bytes: &[u8]) -> Result<CommitId, RepoError> {
        use allclear_core::port::Clock;
        if self.plain {
            let unique = crate::SystemClock.fresh_id();
            return loose::object(&self.dir, kind, bytes, &unique).map_err(|e| io("writing an object", &e));
        }
        let made = self.git.line(&["hash-object", "-w", "-t", kind, "--stdin"], bytes).map_err(broken)?;
        id(&made)
    }

    /// Prepares git to sign with SSH in somebody's name.
    fn signing(&self, by: &Signature) -> Git {
        let (name, email) = name_and_email(&by.who);
        let date = format!("{} +0000", by.at.as_second());
        let mut git = self.git.clone().with_config("gpg.format", "ssh");
        for role in ["AUTHOR", "COMMITTER"] {
            git = git
                .with_env(&format!("GIT_{role}_NAME"), &name)
                .with_env(&format!("GIT_{role}_EMAIL"), &email);
            git = git.with_env(&format!("GIT_{role}_DATE"), &date);
        }
        git
    }

    /// Makes a signed tag by way of a ref in the store, since git signs tags in no other way.
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
