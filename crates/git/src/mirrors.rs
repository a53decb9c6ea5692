//! Fetches the repositories of downstreams into bare mirrors, and checks out their commits. Nothing of them is
//! run, and nothing is written into a clone.

use crate::checkout::check_out;
use crate::process::Git;
use crate::store::{FETCH_LIMIT, Store, broken, io, make, unavailable};
use crate::user_clone::{Clone, fetchable, shown};
use crate::{Environment, parse};
use allclear_core::experiment::At;
use allclear_core::port::lab::{Located, Sources};
use allclear_core::port::{Refs, RepoError};
use allclear_core::types::text::{hex, plain};
use allclear_core::{CommitId, RefName, Version};
use allclear_host::TempDir;
use sha2::{Digest, Sha256};
use std::path::{Component, Path, PathBuf};
use std::time::{Duration, SystemTime};

const LIST_LIMIT: Duration = Duration::from_mins(2);
/// Trees that nobody has used for so long are removed.
const KEPT_FOR: Duration = Duration::from_hours(30 * 24);

/// The target given to links that would lead out of their tree.
const BROKEN_TARGET: &str = ".leads-out-of-the-repository";

#[derive(Debug)]
pub struct Mirrors<'a> {
    store: &'a Store,
    clone: &'a Clone,
    env: &'a Environment,
    dir: PathBuf,
}

impl<'a> Mirrors<'a> {
    /// Opens the mirrors of this machine, and removes trees that nobody has used for a month.
    pub fn open(store: &'a Store, clone: &'a Clone, env: &'a Environment) -> Result<Self, RepoError> {
        let dir = env.cache.join("lab");
        let trees = dir.join("trees");
        std::fs::create_dir_all(&trees).map_err(|e| io("making the lab's cache", &e))?;
        for old in std::fs::read_dir(&trees).into_iter().flatten().flatten() {
            let age = old.metadata().and_then(|m| m.modified()).map(|at| at.elapsed().unwrap_or_default());
            if age.is_ok_and(|age| age > KEPT_FOR) {
                drop(std::fs::remove_dir_all(old.path()));
            }
        }
        Ok(Self { store, clone, env, dir })
    }

    /// Prepares git for the mirror of a repository; also gives the address without its login.
    fn mirror(&self, repo: &str, format: &str) -> Result<(Git, String), RepoError> {
        let base = self.clone.work_tree.as_deref().unwrap_or(&self.clone.dir);
        let base = base.canonicalize().unwrap_or_else(|_| base.to_path_buf());
        let (url, secret) = fetchable(repo, &base).map_err(|e| RepoError::NotFound(e.to_string()))?;
        let key = hex(&Sha256::digest(format!("{format} {url}"))[..12]);
        let dir = self.dir.join("mirrors").join(key);
        let git = Git::new(&dir, &self.env.inherited);
        if !dir.join("HEAD").is_file() {
            make(&dir, &git, format)?;
        }
        // Set explicitly, since git would look for another repository further up if this one is damaged.
        let git = git.with_env("GIT_DIR", &dir);
        let mut git = git.trusting(&self.clone.trusted).map_err(|e| io("preparing git", &e))?;
        for (key, value) in &self.clone.transport {
            git = git.with_config(key, value);
        }
        Ok((crate::user_clone::with_secret(git, secret.as_ref()), url))
    }

    fn list(&self, repo: &str) -> Result<(Refs, Option<CommitId>), RepoError> {
        let (git, url) = self.mirror(repo, "sha1")?;
        let _span = tracing::info_span!("list", server = shown(&url)).entered();
        let output = git.run(&["ls-remote", "-q", "--", &url], b"", LIST_LIMIT).map_err(unavailable)?;
        if output.code != Some(0) {
            return Err(unreadable(&url, &output.said));
        }
        let text = String::from_utf8_lossy(&output.stdout);
        let head = text.lines().find_map(|line| line.strip_suffix("\tHEAD"));
        Ok((parse::refs(&output.stdout), head.and_then(|id| CommitId::parse(id).ok())))
    }

    /// Fetches a commit: alone, or all branches and tags where the server does not serve single commits.
    fn fetch(&self, repo: &str, commit: &CommitId) -> Result<Git, RepoError> {
        let format = if commit.as_str().len() == 64 { "sha256" } else { "sha1" };
        let (git, url) = self.mirror(repo, format)?;
        let _span = tracing::info_span!("fetch", server = shown(&url), %commit).entered();
        let object = format!("{commit}^{{tree}}");
        let has = |git: &Git| git.ok(&["cat-file", "-e", &object], b"").is_ok();
        if has(&git) {
            return Ok(git);
        }
        let base = ["fetch", "-q", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance"];
        let one = format!("+{commit}:refs/at/{commit}");
        let single = ["--depth=1", "--", &url, &one];
        let whole = ["--", &url, "+refs/heads/*:refs/in/heads/*", "+refs/tags/*:refs/in/tags/*"];
        let mut said = Vec::new();
        for wanted in [&single, &whole] {
            let args = [&base[..], wanted].concat();
            said = git.run(&args, b"", FETCH_LIMIT).map_err(unavailable)?.said;
            if has(&git) {
                return Ok(git);
            }
        }
        Err(unreadable(&url, &said))
    }
}

fn unreadable(url: &str, said: &[String]) -> RepoError {
    let why = said.iter().rev().find(|line| line.starts_with("fatal:") || line.starts_with("ssh:"));
    let why = why.or(said.last()).map_or("the commit is not there", String::as_str);
    RepoError::Unavailable(format!("{} cannot be read: {why}", plain(url)))
}

fn latest(refs: &Refs) -> Option<(Version, &RefName)> {
    let version = |name: &RefName| {
        let tag = name.as_str().strip_prefix("refs/tags/")?;
        Version::parse(tag.strip_prefix('v').unwrap_or(tag)).ok()
    };
    refs.objects.keys().filter_map(|name| Some((version(name)?, name))).max()
}

impl Sources for Mirrors<'_> {
    fn locate(&self, repo: &str, at: &At) -> Result<Located, RepoError> {
        if let At::Commit(commit) = at {
            return Ok(Located { commit: commit.clone(), tag: None });
        }
        let (refs, head) =
            if repo == "." { (self.store.list_within(LIST_LIMIT)?.1, None) } else { self.list(repo)? };
        let none = |what: String| RepoError::NotFound(format!("{} has {what}", plain(repo)));
        match at {
            At::Commit(commit) => Ok(Located { commit: commit.clone(), tag: None }),
            At::Branch(branch) => RefName::from_git(&format!("refs/heads/{branch}"))
                .and_then(|name| refs.commit(&name).cloned())
                .map(|commit| Located { commit, tag: None })
                .ok_or_else(|| none(format!("no branch {}", plain(branch)))),
            At::LatestRelease => match latest(&refs) {
                Some((_, name)) => Ok(Located {
                    commit: refs.commit(name).cloned().ok_or_else(|| none("a broken tag".into()))?,
                    tag: name.as_str().strip_prefix("refs/tags/").map(plain),
                }),
                None => head
                    .map(|commit| Located { commit, tag: None })
                    .ok_or_else(|| none("neither a release nor a default branch".into())),
            },
        }
    }

    fn tree(&self, repo: &str, commit: &CommitId) -> Result<PathBuf, RepoError> {
        let place = self.dir.join("trees").join(commit.as_str());
        if place.join("files").is_dir() {
            touch(&place);
            return Ok(place.join("files"));
        }
        let mirror;
        let git = if repo == "." {
            self.store.git()
        } else {
            mirror = self.fetch(repo, commit)?;
            &mirror
        };
        // Made aside and moved into place, so that nobody sees half a tree.
        let temp = TempDir::make(&self.dir.join("temporary")).map_err(|e| io("making a tree", &e))?;
        let files = temp.dir("tree/files").map_err(|e| io("making a tree", &e))?;
        check_out(git, commit, &files)?;
        contain_links(&files).map_err(|e| io("checking out a tree", &e))?;
        // If it fails, another process was first, and its tree is used.
        let _other_serves = std::fs::rename(temp.path().join("tree"), &place);
        if place.join("files").is_dir() {
            Ok(place.join("files"))
        } else {
            Err(RepoError::Protocol(format!("{} cannot be made", place.display())))
        }
    }

    fn tree_id(&self, commit: &CommitId) -> Result<CommitId, RepoError> {
        let line =
            self.store.git().line(&["rev-parse", "--verify", "-q", &format!("{commit}^{{tree}}")], b"");
        crate::store::id(&line.map_err(broken)?)
    }
}

/// Replaces each link that leads out of the tree, or could do so later, by one that leads nowhere: whatever
/// reads a stranger's tree must not read this machine's files. It remains a link, since links are left out of
/// packages.
fn contain_links(top: &Path) -> std::io::Result<()> {
    fn walk(dir: &Path, links: &mut Vec<PathBuf>) -> std::io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let entry = entry?;
            let kind = entry.file_type()?;
            if kind.is_symlink() {
                links.push(entry.path());
            } else if kind.is_dir() {
                walk(&entry.path(), links)?;
            }
        }
        Ok(())
    }
    let real = top.canonicalize()?;
    let mut links = Vec::new();
    walk(top, &mut links)?;
    for link in links {
        let straight = |target: &Path| target.components().all(|part| matches!(part, Component::Normal(_)));
        let stays = match link.canonicalize() {
            Ok(target) => target.starts_with(&real),
            Err(_) => straight(&std::fs::read_link(&link)?),
        };
        if !stays {
            std::fs::remove_file(&link)?;
            std::os::unix::fs::symlink(BROKEN_TARGET, &link)?;
        }
    }
    Ok(())
}

#[allow(clippy::disallowed_methods, reason = "the age of a cached file is this machine's own")]
fn touch(place: &Path) {
    let now = SystemTime::now();
    drop(std::fs::File::open(place).and_then(|file| file.set_modified(now)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn no_link_leads_out() {
        let dir = tempfile::tempdir().unwrap();
        let (outside, top) = (dir.path().join("secret"), dir.path().join("tree"));
        std::fs::write(&outside, "secret").unwrap();
        std::fs::create_dir_all(top.join("a/b")).unwrap();
        std::fs::write(top.join("a/file"), "own").unwrap();
        let links = [
            ("good", "a/file"),
            ("a/b/up", "../file"),
            ("absolute", outside.to_str().unwrap()),
            ("escape", "../secret"),
            ("here", "."),
            ("winding", "here/here/../../../secret"),
            ("chained", "escape"),
            ("dangling", "nothing/there"),
        ];
        for (name, target) in links {
            symlink(target, top.join(name)).unwrap();
        }
        contain_links(&top).unwrap();
        for name in ["good", "a/b/up"] {
            assert_eq!(std::fs::read_to_string(top.join(name)).unwrap(), "own", "{name}");
        }
        for (name, target) in links {
            let text = std::fs::read_to_string(top.join(name)).unwrap_or_default();
            assert_ne!(text, "secret", "{name}");
            let stays = !["absolute", "escape", "winding"].contains(&name);
            // The target of a chained link is replaced before it, or leads nowhere after it.
            let is = top.join(name).read_link().unwrap() == Path::new(target);
            assert!(is == stays || name == "chained", "{name}");
        }
    }
}
