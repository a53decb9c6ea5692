//! The private bare store of one server's objects, and the [`Repo`] port over it.

use crate::making::{lenders, make};
use crate::objects::{author, ident, message};
use crate::place::{Clone, Environment, with_secret};
use crate::process::{Failure, Git};
use crate::{parse, range};
use allclear_core::history::lineage::Lineage;
use allclear_core::ledger::entry::{ENTRY_LIMIT, RawEntry, Unreadable};
use allclear_core::port::{
    Graph, Listed, Merged, NewCommit, PushAnswer, RefUpdate, Refs, Repo, RepoError, Signature, TextAt,
};
use allclear_core::types::text::{hex, plain};
use allclear_core::{CommitId, RefName};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::BufRead;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Shorter than the two minutes for which what was judged clear stays clear.
pub(crate) const PUSH_LIMIT: Duration = Duration::from_secs(110);
const LIST_LIMIT: Duration = Duration::from_mins(1);
pub(crate) const FETCH_LIMIT: Duration = Duration::from_mins(30);
/// How long a process waits for its turn before it goes without.
const TURN_LIMIT: Duration = Duration::from_secs(5);
const TURN_PAUSE: Duration = Duration::from_millis(10);
/// The largest file that is read as text.
const TEXT_LIMIT: usize = 4 << 20;

/// A private bare store and its server.
#[derive(Debug, Clone)]
pub struct Store {
    dir: PathBuf,
    url: String,
    pub(crate) git: Git,
    network: Git,
    /// The object directories that the store borrows from, by identity: another clone at the same path
    /// is another lender.
    lenders: String,
    signing_key: Option<String>,
    /// The key under statements.
    pub(crate) statement_key: Option<String>,
    /// Whether small objects and private refs are written without a process each.
    plain: bool,
    /// The environment of what the project itself wants run.
    caller: Vec<(OsString, OsString)>,
}

pub(crate) fn unavailable(e: Failure) -> RepoError {
    match e {
        Failure::Start(_) => RepoError::NotFound(e.to_string()),
        Failure::TimedOut { .. } | Failure::Failed { .. } => RepoError::Unavailable(e.to_string()),
        Failure::Odd { .. } => RepoError::Protocol(e.to_string()),
    }
}

pub(crate) fn broken(e: Failure) -> RepoError {
    match e {
        Failure::Start(_) => RepoError::NotFound(e.to_string()),
        Failure::TimedOut { .. } | Failure::Failed { .. } | Failure::Odd { .. } => {
            RepoError::Protocol(e.to_string())
        }
    }
}

pub(crate) fn id(text: &str) -> Result<CommitId, RepoError> {
    CommitId::parse(text).map_err(|e| RepoError::Protocol(e.to_string()))
}

pub(crate) fn io(what: &str, e: &std::io::Error) -> RepoError {
    RepoError::Protocol(format!("{what}: {e}"))
}

impl Store {
    /// Opens the store for a clone's server, and makes it where there is none.
    pub fn open(clone: &Clone, env: &Environment) -> Result<Self, RepoError> {
        let digest = Sha256::digest(clone.remote.as_bytes());
        let key = hex(&digest[..12]);
        let dir = env.cache.join("stores").join(key);
        let git = Git::new(&dir, &env.inherited);
        if !dir.join("HEAD").is_file() {
            make(&dir, &git, &clone.format)?;
        }
        let lenders = lenders(&dir, clone.objects.as_deref())?;
        let mut network = git.clone();
        for (key, value) in &clone.transport {
            network = network.with_config(key, value);
        }
        let network = with_secret(network, clone.secret.as_ref());
        let (url, signing_key) = (clone.remote.clone(), clone.signing_key.clone());
        let statement_key = clone.statement_key.clone();
        let plain = crate::loose::is_plain(&dir);
        let caller = env.inherited.clone();
        Ok(Self { dir, url, git, network, lenders, signing_key, statement_key, plain, caller })
    }

    /// Gives the project's own commands another environment than git's: the caller's, whose tokens they need.
    pub fn with_caller(mut self, caller: Vec<(OsString, OsString)>) -> Self {
        self.caller = caller;
        self
    }

    pub(crate) fn caller(&self) -> &[(OsString, OsString)] {
        &self.caller
    }

    pub(crate) fn git(&self) -> &Git {
        &self.git
    }

    /// Gives the cache directory that the store is in.
    pub(crate) fn cache(&self) -> &Path {
        self.dir.ancestors().nth(2).unwrap_or(&self.dir)
    }

    /// Reads the messages of the newest `limit` commits that are no merges.
    pub fn messages(&self, tip: &CommitId, limit: usize) -> Result<Vec<String>, RepoError> {
        let limit = format!("--max-count={limit}");
        let args =
            ["log", "-z", "--no-merges", "--no-show-signature", &limit, "--format=tformat:%B", tip.as_str()];
        let out = self.git.ok(&args, b"").map_err(broken)?;
        Ok(out
            .split(|&b| b == 0)
            .filter(|m| !m.is_empty())
            .map(|m| String::from_utf8_lossy(m).into_owned())
            .collect())
    }

    /// Gives the store's directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Gives a store that reads the objects of another repository.
    pub(crate) fn reading(&self, git: Git) -> Self {
        Self { git, ..self.clone() }
    }

    /// Gives the git that connects to the server, and the server's address.
    pub(crate) fn network(&self) -> (&Git, &str) {
        (&self.network, &self.url)
    }

    fn list(&self) -> Result<(Vec<u8>, Refs), RepoError> {
        self.list_within(LIST_LIMIT)
    }

    pub(crate) fn list_within(&self, limit: Duration) -> Result<(Vec<u8>, Refs), RepoError> {
        let output =
            self.network.run(&["ls-remote", "-q", "--", &self.url], b"", limit).map_err(unavailable)?;
        if output.code != Some(0) {
            let why = output
                .said
                .iter()
                .find(|l| l.starts_with("fatal:") || l.starts_with("ssh:"))
                .or(output.said.last());
            let why = why.map_or("it did not say why", String::as_str);
            return Err(RepoError::Unavailable(format!(
                "the server {} cannot be read: {why}",
                plain(&self.url)
            )));
        }
        let refs = parse::refs(&output.stdout);
        Ok((output.stdout, refs))
    }

    fn fetch(&self) -> Result<(), RepoError> {
        self.fetch_once().or_else(|_| {
            // Perhaps a lender went away with objects that our refs still name. Without the refs, git
            // asks the server for everything that is missing.
            self.forget()?;
            self.fetch_once()
        })
    }

    fn fetch_once(&self) -> Result<(), RepoError> {
        let args = [
            "fetch",
            "-q",
            "--no-tags",
            "--prune",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--",
            &self.url,
            "+refs/heads/*:refs/in/heads/*",
            "+refs/tags/*:refs/in/tags/*",
            "+refs/allclear/*:refs/in/allclear/*",
        ];
        let output = self.network.run(&args, b"", FETCH_LIMIT).map_err(unavailable)?;
        if output.code == Some(0) {
            return Ok(());
        }
        let why = output.said.iter().rev().find(|l| l.starts_with("fatal:") || l.starts_with("error:"));
        let why = why.or(output.said.last()).map_or("it did not say why", String::as_str);
        Err(RepoError::Unavailable(format!("fetching from {} failed: {why}", plain(&self.url))))
    }

    pub(crate) fn hash(&self, kind: &str, bytes: &[u8]) -> Result<CommitId, RepoError> {
        use allclear_core::port::Clock;
        if self.plain {
            let unique = crate::SystemClock.fresh_id();
            return crate::loose::object(&self.dir, kind, bytes, &unique)
                .map_err(|e| io("writing an object", &e));
        }
        let made = self.git.line(&["hash-object", "-w", "-t", kind, "--stdin"], bytes).map_err(broken)?;
        id(&made)
    }

    fn present(&self, ids: &[CommitId]) -> Result<BTreeSet<CommitId>, RepoError> {
        let input: String = ids.iter().map(|id| format!("{id}\n")).collect();
        let out = self
            .git
            .ok(&["cat-file", "--batch-check=%(objectname) %(objecttype)"], input.as_bytes())
            .map_err(broken)?;
        let out = String::from_utf8_lossy(&out);
        Ok(out.lines().filter_map(|l| CommitId::parse(l.strip_suffix(" commit")?).ok()).collect())
    }
}

impl Repo for Store {
    fn steps(&self) -> Option<&dyn allclear_core::port::steps::Steps> {
        Some(self)
    }

    fn post(&self) -> Option<&dyn allclear_core::port::post::Post> {
        Some(self)
    }

    fn observe(&self) -> Result<Refs, RepoError> {
        let (text, refs) = self.list()?;
        let digest: Vec<u8> =
            Sha256::new().chain_update(&text).chain_update(&self.lenders).finalize().to_vec();
        let fetched = || self.recall("fetched").as_deref() == Some(&digest[..]);
        if !fetched() {
            // Two processes of this machine share the store, and git locks refs without waiting.
            let _guard = self.lock()?;
            if !fetched() {
                self.fetch()?;
                self.remember("fetched", &digest);
            }
        }
        Ok(refs)
    }

    fn forget(&self) -> Result<(), RepoError> {
        self.remember("fetched", b"");
        crate::lineage::forget(&self.dir);
        let names =
            self.git.ok(&["for-each-ref", "--format=delete %(refname)", "refs/in"], b"").map_err(broken)?;
        self.git.ok(&["update-ref", "--stdin"], &names).map(drop).map_err(broken)
    }

    fn refs(&self) -> Result<Refs, RepoError> {
        self.list().map(|(_, refs)| refs)
    }

    fn entries(
        &self,
        head: &CommitId,
        known: Option<&CommitId>,
        take: &mut dyn FnMut(RawEntry),
    ) -> Result<(), RepoError> {
        let mut args = vec!["rev-list", "--reverse", "--topo-order", "--parents", head.as_str()];
        let not = known.map(|k| format!("^{k}"));
        args.extend(not.as_deref());
        let list = self.git.ok(&args, b"").map_err(broken)?;
        let list = String::from_utf8_lossy(&list);
        let links: Vec<(CommitId, Vec<CommitId>)> = list
            .lines()
            .filter_map(|line| {
                let mut ids = line.split(' ').filter_map(|id| CommitId::parse(id).ok());
                Some((ids.next()?, ids.collect()))
            })
            .collect();
        let ask: String = links.iter().map(|(id, _)| format!("{id}\n{id}:entry.json\n")).collect();
        let mut links = links.into_iter();
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            for (commit, parents) in links.by_ref() {
                let signed = crate::sign::read_signed(out)?;
                let json = read_blob(out)?;
                take(RawEntry { commit, parents, json, signed });
            }
            Ok(())
        };
        // Without --buffer git writes each answer for itself: three system calls an entry.
        self.git
            .stream(&["cat-file", "--batch", "--buffer"], ask.as_bytes(), FETCH_LIMIT, &mut each)
            .map_err(broken)?;
        Ok(())
    }

    fn is_ancestor(&self, commit: &CommitId, head: &CommitId) -> Result<bool, RepoError> {
        let output = self
            .git
            .run(&["merge-base", "--is-ancestor", commit.as_str(), head.as_str()], b"", LIST_LIMIT)
            .map_err(broken)?;
        Ok(output.code == Some(0))
    }

    fn graph(&self, tips: &[CommitId]) -> Result<Graph, RepoError> {
        let wanted: BTreeSet<CommitId> = tips.iter().cloned().collect();
        let tips: Vec<CommitId> = wanted.iter().cloned().collect();
        let present = self.present(&tips)?;
        let tips: Vec<&str> = present.iter().map(CommitId::as_str).collect();
        if tips.is_empty() {
            return Ok(Graph { absent: wanted, ..Graph::default() });
        }
        let mut args = vec!["merge-base", "--octopus", "--all"];
        args.extend(&tips);
        // No common ancestor is an answer too: then everything is read.
        let common = self.git.run(&args, b"", LIST_LIMIT).map_err(broken)?;
        let mut input: String = tips.iter().map(|t| format!("{t}\n")).collect();
        input.extend(String::from_utf8_lossy(&common.stdout).lines().map(|id| format!("^{id}\n")));
        let out = self.git.ok(range::LOG, input.as_bytes()).map_err(broken)?;
        Ok(Graph { absent: wanted.difference(&present).cloned().collect(), ..parse::graph(&out) })
    }

    fn since(&self, tip: &CommitId, without: &[CommitId]) -> Result<Graph, RepoError> {
        let tips: Vec<CommitId> = [tip].into_iter().chain(without).cloned().collect();
        let present = self.present(&tips)?;
        if !present.contains(tip) {
            return Err(RepoError::NotFound(format!("the commit {tip} is not in the store")));
        }
        let hidden = without.iter().filter(|id| present.contains(*id));
        range::since(&self.git, tip, hidden).map_err(broken)
    }

    fn paths(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, Vec<String>>, RepoError> {
        let input: String = commits.iter().map(|id| format!("{id}\n")).collect();
        let args = [
            "diff-tree",
            "--stdin",
            "-r",
            "-z",
            "--root",
            "-m",
            "--first-parent",
            "--no-renames",
            "--name-only",
        ];
        let out = self.git.ok(&args, input.as_bytes()).map_err(broken)?;
        let mut paths: BTreeMap<CommitId, Vec<String>> = BTreeMap::new();
        let mut current = None;
        for field in out.split(|&b| b == 0) {
            let field = String::from_utf8_lossy(field);
            let field = field.trim_start_matches('\n');
            // A line of its own with a commit that was asked for begins its list.
            match CommitId::parse(field.trim()) {
                Ok(id) if commits.contains(&id) => {
                    paths.entry(id.clone()).or_default();
                    current = Some(id);
                }
                Ok(_) | Err(_) if !field.is_empty() => {
                    if let Some(list) = current.as_ref().and_then(|id| paths.get_mut(id)) {
                        list.push(field.to_owned());
                    }
                }
                Ok(_) | Err(_) => {}
            }
        }
        Ok(paths)
    }

    fn patch_ids(
        &self,
        commits: &[CommitId],
        reverse: bool,
    ) -> Result<BTreeMap<CommitId, String>, RepoError> {
        let input: String = commits.iter().map(|id| format!("{id}\n")).collect();
        let mut args = vec![
            "diff-tree",
            "--stdin",
            "-p",
            "--no-color",
            "--no-ext-diff",
            "--no-textconv",
            "--no-renames",
            "--full-index",
            "--no-prefix",
        ];
        // Without prefixes, because -R would swap them and make equal changes look different.
        if reverse {
            args.push("-R");
        }
        let patches = self.git.ok(&args, input.as_bytes()).map_err(broken)?;
        let out = self.git.ok(&["patch-id", "--verbatim"], &patches).map_err(broken)?;
        let out = String::from_utf8_lossy(&out);
        Ok(out
            .lines()
            .filter_map(|l| l.split_once(' '))
            .filter_map(|(patch, id)| Some((CommitId::parse(id).ok()?, patch.to_owned())))
            .collect())
    }

    fn merge(&self, pairs: &[(CommitId, CommitId)]) -> Result<Vec<Option<Merged>>, RepoError> {
        let mut results: Vec<Option<Merged>> = Vec::new();
        while results.len() < pairs.len() {
            let rest = &pairs[results.len()..];
            let input: String = rest.iter().map(|(ours, theirs)| format!("{ours} {theirs}\n")).collect();
            let args = ["merge-tree", "--write-tree", "--stdin", "-z", "--no-messages"];
            let output = self.git.run(&args, input.as_bytes(), PUSH_LIMIT).map_err(broken)?;
            let some = parse::merges(&output.stdout);
            let whole = some.len() >= rest.len();
            results.extend(some.into_iter().take(rest.len()).map(Some));
            if !whole {
                // One pair that cannot be merged ends the batch; the others go on behind it.
                results.push(None);
            }
        }
        Ok(results)
    }

    fn merge_over(&self, base: &CommitId, ours: &CommitId, theirs: &CommitId) -> Result<Merged, RepoError> {
        crate::cherry::merge_over(self, [base, ours, theirs])
    }

    fn begins_with(&self, prefix: &str) -> Result<Vec<CommitId>, RepoError> {
        crate::lineage::begins_with(&self.git, prefix)
    }

    fn lineage(&self, commit: &CommitId, tips: &[CommitId]) -> Result<Lineage, RepoError> {
        crate::lineage::lineage(&self.git, commit, &self.present(tips)?)
    }

    fn merge_text(&self, base: &str, ours: &str, theirs: &str) -> Result<Option<String>, RepoError> {
        let dir = self.scratch()?;
        let write = |name: &str, text: &str| {
            std::fs::write(dir.join(name), text).map_err(|e| io("writing a text to merge", &e))
        };
        write("base", base)?;
        write("ours", ours)?;
        write("theirs", theirs)?;
        let output = self.git.clone_at(&dir).run(
            &["merge-file", "-p", "-q", "ours", "base", "theirs"],
            b"",
            LIST_LIMIT,
        );
        drop(std::fs::remove_dir_all(&dir));
        let output = output.map_err(broken)?;
        Ok((output.code == Some(0)).then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
    }

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

    fn listing(&self, tree: &CommitId, paths: &[&str]) -> Result<Vec<Listed>, RepoError> {
        crate::listing::files(&self.git, tree, paths).map_err(broken)
    }

    fn default_branch(&self) -> Result<Option<String>, RepoError> {
        crate::listing::default_branch(&self.network, &self.url).map_err(unavailable)
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
        Ok(match range::slot(&self.git, tree, path).map_err(broken)? {
            range::Slot::Free => TextAt::Nothing,
            range::Slot::Taken => TextAt::Other,
            range::Slot::File => {
                let text = self.files(tree, &[path.to_owned()])?.remove(path);
                text.map_or(TextAt::Other, TextAt::Text)
            }
        })
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
            if self.plain && files.keys().all(|name| !name.contains('/') && crate::loose::is_path(name)) {
                return self.hash("tree", &crate::loose::tree(blobs));
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

    fn push(&self, updates: &[RefUpdate]) -> Result<PushAnswer, RepoError> {
        use allclear_core::port::Clock;
        let id = crate::SystemClock.fresh_id();
        let answer = crate::push::push(&self.git, &self.network, &self.url, &id, updates, self.plain)?;
        Ok(answer)
    }

    fn how_to_restore(&self, name: &RefName, commit: &CommitId) -> String {
        format!("git -C {} push --force {} {commit}:{name}", self.dir.display(), plain(&self.url))
    }

    fn turn(&self) -> Option<Box<dyn std::any::Any>> {
        let file = std::fs::File::create(self.dir.join("allclear.turn")).ok()?;
        for _ in 0..TURN_LIMIT.as_millis() / TURN_PAUSE.as_millis() {
            match file.try_lock() {
                Ok(()) => return Some(Box::new(file)),
                Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(TURN_PAUSE),
                Err(std::fs::TryLockError::Error(_)) => return None,
            }
        }
        None
    }

    fn signer(&self, commit: &CommitId) -> Option<String> {
        // With no signers allowed, a good signature is one by an unknown person: the key is what counts.
        let git = self
            .git
            .clone()
            .with_config("gpg.format", "ssh")
            .with_config("gpg.ssh.allowedSignersFile", "/dev/null");
        let line = git.line(&["log", "-1", "--no-mailmap", "--format=%G? %GK", commit.as_str()], b"").ok()?;
        let (state, key) = line.split_once(' ')?;
        (matches!(state, "U" | "G") && !key.is_empty()).then(|| plain(key))
    }

    fn sign(&self, text: &[u8], namespace: &str) -> Option<String> {
        self.sign_text(text, namespace)
    }

    fn recall(&self, key: &str) -> Option<Vec<u8>> {
        std::fs::read(self.dir.join("allclear").join(key)).ok()
    }

    fn remember(&self, key: &str, bytes: &[u8]) {
        use allclear_core::port::Clock;
        let dir = self.dir.join("allclear");
        let fresh = dir.join(format!(".{}", crate::SystemClock.fresh_id()));
        // What cannot be remembered is looked up again.
        let kept = std::fs::create_dir_all(&dir)
            .and_then(|()| std::fs::write(&fresh, bytes))
            .and_then(|()| std::fs::rename(&fresh, dir.join(key)));
        if kept.is_err() {
            drop(std::fs::remove_file(&fresh));
        }
    }
}

impl Store {
    /// Packs loose objects when there are many. Nothing younger than two weeks is ever dropped, so that an
    /// operation in flight keeps its objects.
    pub fn tidy(&self) {
        let git = self.git.clone().with_config("gc.auto", "2000");
        // An untidy store works as well.
        let _unpacked = git.run(&["gc", "--auto", "-q"], b"", FETCH_LIMIT);
    }

    /// Makes the next walks through a long history quick.
    pub fn index(&self) {
        let fetched = self.recall("fetched");
        if fetched != self.recall("indexed") && crate::lineage::index(&self.git).is_ok() {
            self.remember("indexed", &fetched.unwrap_or_default());
        }
    }

    pub(crate) fn lock(&self) -> Result<std::fs::File, RepoError> {
        let file =
            std::fs::File::create(self.dir.join("allclear.lock")).map_err(|e| io("locking the store", &e))?;
        file.lock().map_err(|e| io("locking the store", &e))?;
        Ok(file)
    }

    pub(crate) fn scratch(&self) -> Result<PathBuf, RepoError> {
        use allclear_core::port::Clock;
        let dir = self.dir.join("scratch").join(crate::SystemClock.fresh_id());
        std::fs::create_dir_all(&dir).map_err(|e| io("making a scratch directory", &e))?;
        Ok(dir)
    }
}

fn read_blob(out: &mut dyn BufRead) -> std::io::Result<Result<Vec<u8>, Unreadable>> {
    read_object(out, ENTRY_LIMIT)
}

/// Reads one answer of `cat-file --batch`, and skips what is too large to be kept.
fn read_object(out: &mut dyn BufRead, limit: usize) -> std::io::Result<Result<Vec<u8>, Unreadable>> {
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
