//! Commits and tags as git has them: who, when and what, and by whom they are signed.

use crate::process::Git;
use crate::store::{Store, broken, id};
use allclear_core::CommitId;
use allclear_core::port::{NewCommit, RepoError, Signature};

impl Store {
    /// Prepares git to sign with SSH in somebody's name.
    pub(crate) fn signing(&self, by: &Signature) -> Git {
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
    pub(crate) fn write_signed_tag(
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

    pub(crate) fn write_signed(&self, commit: &NewCommit, key: &str) -> Result<CommitId, RepoError> {
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

pub(crate) fn ident(by: &Signature) -> String {
    let (name, email) = name_and_email(&by.who);
    format!("{name} <{email}> {} +0000", by.at.as_second())
}

pub(crate) fn author(commit: &NewCommit) -> String {
    let Some(author) = &commit.author else { return ident(&commit.by) };
    let (name, email) = name_and_email(&author.who);
    format!("{name} <{email}> {}", author.date)
}

pub(crate) fn message(text: &str) -> String {
    text.replace('\0', "\u{fffd}").trim_end().to_owned()
}
