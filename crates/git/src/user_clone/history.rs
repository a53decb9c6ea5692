//! Reads a clone's own history, with our git and our settings, and writes nothing into it.
//!
//! The private store would have to fetch first, and ten thousand refs take longer than everything that is read
//! here. What the clone does not have is reported as unknown.

use super::clone::{Clone, Environment};
use crate::parse::id_lines;
use crate::process::{Git, words};
use crate::store::{Store, TEXT_LIMIT, broken, patch_ids, read_object, unavailable};
use allclear_core::port::history::{CloneRef, Commit, Commits, Forced, History, Look, Reach, Read};
use allclear_core::port::{Refs, RepoError};
use allclear_core::types::shell;
use allclear_core::types::text::plain;
use allclear_core::{CommitId, RefName};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hasher};
use std::io::BufRead;
use std::path::Path;
use std::time::Duration;

/// So that a server that does not answer does not hold up the rest.
const SERVER_LIMIT: Duration = Duration::from_secs(20);
const READ_LIMIT: Duration = Duration::from_mins(10);
const REFLOG: &str = "--max-count=1000";
/// The empty tree, which every git has without storing it, by object format.
const EMPTY_TREE: [(&str, &str); 2] = [
    ("sha1", "4b825dc642cb6eb9a060e54bf8d69288fbee4904"),
    ("sha256", "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"),
];

#[derive(Debug)]
pub struct CloneHistory<'a> {
    clone: &'a Clone,
    store: &'a Store,
    git: Git,
}

impl<'a> CloneHistory<'a> {
    pub fn open(clone: &'a Clone, store: &'a Store, env: &Environment) -> Self {
        // Nothing that the clone lacks is fetched, and grafts are ignored.
        let git = Git::new(&clone.dir, &env.inherited)
            .with_env("GIT_ALLOW_PROTOCOL", "none")
            .with_env("GIT_NO_LAZY_FETCH", "1")
            .with_env("GIT_GRAFT_FILE", "/dev/null");
        Self { clone, store, git }
    }

    fn version(&self) -> String {
        self.git.line(&["version"], b"").unwrap_or_default()
    }

    fn refs(&self) -> Result<(Option<RefName>, Vec<CloneRef>), RepoError> {
        let remote = self.clone.remote_name.as_ref().map(|name| format!("refs/remotes/{name}/"));
        let mut args = vec![
            "for-each-ref",
            "--format=%(objectname) %(*objectname) %(creatordate:unix) %(symref) %(refname)",
            "refs/tags/",
            "refs/heads/",
        ];
        args.extend(remote.as_deref());
        let out = self.git.ok(&args, b"").map_err(unavailable)?;
        let (mut head, mut tags, mut own, mut fetched) = (None, Vec::new(), Vec::new(), Vec::new());
        for line in out.split(|&b| b == b'\n') {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let mut fields = line.splitn(5, ' ');
            let mut next = || fields.next().unwrap_or_default();
            let (object, peeled, at, leads, name) = (next(), next(), next(), next(), next());
            let theirs = remote.as_ref().and_then(|r| name.strip_prefix(r.as_str()));
            if !leads.is_empty() {
                let branch = remote.as_ref().and_then(|r| leads.strip_prefix(r.as_str()));
                if theirs == Some("HEAD") {
                    head = branch.and_then(|b| RefName::from_git(&format!("refs/heads/{b}")));
                }
                continue;
            }
            let list = match (theirs, name.starts_with("refs/tags/")) {
                (Some(_), _) => &mut fetched,
                (None, true) => &mut tags,
                (None, false) => &mut own,
            };
            let full = theirs.map_or_else(|| name.to_owned(), |branch| format!("refs/heads/{branch}"));
            if let (Some(name), Ok(object)) = (RefName::from_git(&full), CommitId::parse(object)) {
                let at = at.parse().ok().and_then(|s| Timestamp::from_second(s).ok());
                list.push(CloneRef { name, object, peeled: CommitId::parse(peeled).ok(), at });
            }
        }
        // Local branches count only if there are no others: in a bare repository, or one without a server.
        tags.extend(if fetched.is_empty() { own } else { fetched });
        Ok((head, tags))
    }

    /// The branch that the repository's own HEAD names; for bare repositories and those without a server.
    fn own_head(&self) -> Option<RefName> {
        RefName::from_git(&self.git.line(&["symbolic-ref", "-q", "HEAD"], b"").ok()?)
    }

    fn server(&self) -> Result<Refs, RepoError> {
        self.store.list_within(SERVER_LIMIT).map(|(_, refs)| refs)
    }

    /// Finds out how far a push would get: a dry run, which sends nothing.
    fn reach(&self) -> Reach {
        let (git, url) = self.store.network();
        let nothing = EMPTY_TREE.iter().find(|(format, _)| *format == self.clone.format);
        let Some((_, nothing)) = nothing else { return Reach::NothingToPush };
        let refspec = format!("{nothing}:refs/allclear/probe/none");
        let dry = |atomic: &[&str]| {
            let mut args = vec!["push", "--dry-run", "--porcelain", "--no-verify", "--no-follow-tags"];
            args.extend(atomic);
            args.extend(["--recurse-submodules=no", "--no-signed", "--", url, &refspec]);
            git.run(&args, b"", SERVER_LIMIT)
        };
        match dry(&["--atomic"]) {
            Ok(output) if output.code == Some(0) => return Reach::Open { atomic: true },
            Ok(_) => {}
            Err(e) => return Reach::Closed(e.to_string()),
        }
        match dry(&[]) {
            Ok(output) if output.code == Some(0) => Reach::Open { atomic: false },
            Ok(output) => {
                let lines = || output.said.iter().map(|l| l.trim_start_matches("remote:").trim());
                let why = lines()
                    .find(|l| l.starts_with("fatal:") || l.starts_with("ERROR"))
                    .or(lines().next_back());
                Reach::Closed(why.unwrap_or("it did not say why").trim_start_matches("fatal: ").to_owned())
            }
            Err(e) => Reach::Closed(e.to_string()),
        }
    }
}

impl History for CloneHistory<'_> {
    fn look(&self, ask: bool) -> Result<Look, RepoError> {
        // Four programs that wait for disks and servers: at the same time, not one after the other.
        std::thread::scope(|scope| {
            let server = ask.then(|| scope.spawn(|| self.server()));
            let reach = ask.then(|| scope.spawn(|| self.reach()));
            let git = scope.spawn(|| (self.version(), self.own_head()));
            let (head, refs) = self.refs()?;
            let (git, own_head) = git.join().unwrap_or_default();
            let lost = || Err(RepoError::Unavailable("the server was not read to the end".into()));
            Ok(Look {
                git,
                shallow: self.clone.shallow,
                partial: self.clone.partial,
                head: head.or(own_head),
                refs,
                server: server.map(|thread| thread.join().unwrap_or_else(|_| lost())),
                reach: reach.map_or(Reach::NotAsked, |thread| thread.join().unwrap_or(Reach::NotAsked)),
                fetched_from: self.clone.fetched_from.clone(),
            })
        })
    }

    fn commits(&self, tips: &[CommitId]) -> Result<Commits, RepoError> {
        if tips.is_empty() {
            return Ok(Commits::default());
        }
        let input = id_lines(tips);
        // Before --stdin: git handles options in order, and would fail for an id that the clone lacks.
        let mut args = words("log --ignore-missing --stdin -z --no-show-signature --no-decorate --no-notes");
        args.extend(["--no-color", "--no-mailmap", "--format=tformat:%H %T %ct %at %P%x00%s"]);
        let mut read: Vec<Read> = Vec::new();
        let (mut head, mut subject) = (Vec::new(), Vec::new());
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            while out.read_until(0, &mut head)? > 0 {
                out.read_until(0, &mut subject)?;
                read.extend(commit(head.strip_suffix(b"\0").unwrap_or(&head), &subject));
                head.clear();
                subject.clear();
            }
            Ok(())
        };
        let (code, said) =
            self.git.stream(&args, input.as_bytes(), READ_LIMIT, &mut each).map_err(unavailable)?;
        if code != Some(0) {
            let why = said.last().map_or("it did not say why", String::as_str);
            return Err(RepoError::Protocol(format!("this clone's history cannot be read: {why}")));
        }
        Ok(Commits::new(read))
    }

    fn patch_ids(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>, RepoError> {
        if commits.is_empty() {
            return Ok(BTreeMap::new());
        }
        // A merge counts by its change to its first parent, which is what a pick of it repeats.
        patch_ids(&self.git, commits, &["-m", "--first-parent"]).map_err(unavailable)
    }

    fn subjects(&self, commits: &[CommitId]) -> Result<BTreeMap<CommitId, String>, RepoError> {
        if commits.is_empty() {
            return Ok(BTreeMap::new());
        }
        let input = id_lines(commits);
        let mut args = words("log --stdin -z --no-walk=unsorted --ignore-missing --no-show-signature");
        args.extend(["--no-color", "--format=tformat:%H %s"]);
        let out = self.git.ok(&args, input.as_bytes()).map_err(unavailable)?;
        let out = String::from_utf8_lossy(&out).into_owned();
        let each = out.split('\0').filter_map(|commit| commit.split_once(' '));
        Ok(each.filter_map(|(id, subject)| Some((CommitId::parse(id).ok()?, plain(subject)))).collect())
    }

    fn files(
        &self,
        commits: &[CommitId],
        paths: &[&str],
    ) -> Result<BTreeMap<CommitId, BTreeMap<String, String>>, RepoError> {
        let mut files: BTreeMap<CommitId, BTreeMap<String, String>> = BTreeMap::new();
        let asked: Vec<_> =
            commits.iter().flat_map(|commit| paths.iter().map(move |path| (commit, *path))).collect();
        let ask: String = asked.iter().map(|(commit, path)| format!("{commit}:{path}\n")).collect();
        let mut each = |out: &mut dyn BufRead| -> std::io::Result<()> {
            for (commit, path) in &asked {
                let text = read_object(out, TEXT_LIMIT)?.ok().and_then(|bytes| String::from_utf8(bytes).ok());
                if let Some(text) = text {
                    files.entry((*commit).clone()).or_default().insert((*path).to_owned(), text);
                }
            }
            Ok(())
        };
        // The exit code means nothing: git before 2.45 stops at the first file that a partial clone lacks.
        self.git.stream(&["cat-file", "--batch"], ask.as_bytes(), READ_LIMIT, &mut each).map_err(broken)?;
        Ok(files)
    }

    fn forced(&self, branch: &RefName) -> Result<Vec<Forced>, RepoError> {
        let Some(remote) = &self.clone.remote_name else { return Ok(Vec::new()) };
        let own = format!("refs/remotes/{remote}/{}", branch.short());
        let mut args = words("log -g -z --date=unix --no-show-signature --no-color");
        args.extend([REFLOG, "--format=tformat:%H %gd %gs", &own, "--"]);
        // Without a reflog or without the branch, nothing is known.
        let Ok(out) = self.git.ok(&args, b"") else { return Ok(Vec::new()) };
        Ok(forced(&String::from_utf8_lossy(&out)))
    }

    fn keep(&self, commit: &CommitId, branch: &RefName) -> Result<Vec<String>, RepoError> {
        let kept = format!("refs/repair/{}", branch.short());
        self.store.git().ok(&["update-ref", &kept, commit.as_str()], b"").map_err(unavailable)?;
        let server = self.clone.remote_name.as_deref().unwrap_or(&self.clone.remote);
        Ok(vec![
            format!("git fetch {} {}", quoted(&self.store.dir().display().to_string()), quoted(&kept)),
            format!("git show {commit}"),
            format!("git push {} {commit}:{}", quoted(server), quoted(branch.as_str())),
        ])
    }

    fn how_to_delete(&self, names: &[RefName]) -> String {
        let server = self.clone.remote_name.as_deref().unwrap_or(&self.clone.remote);
        let names: Vec<String> = names.iter().map(|n| quoted(n.as_str())).collect();
        let dir = if self.clone.dir == Path::new(".") {
            String::new()
        } else {
            format!("-C {} ", quoted(&self.clone.dir.display().to_string()))
        };
        format!("git {dir}push {} --delete {}", quoted(server), names.join(" "))
    }
}

/// Reads a commit of `log -z --format='%H %T %ct %at %P%x00%s'`: what stands before its NUL, and behind it.
fn commit(head: &[u8], subject: &[u8]) -> Option<Read> {
    let mut fields = std::str::from_utf8(head).ok()?.splitn(5, ' ');
    let (id, tree) = (CommitId::parse(fields.next()?).ok()?, CommitId::parse(fields.next()?).ok()?);
    let mut seconds = || fields.next().and_then(|s| s.parse().ok()).unwrap_or(0);
    let (at, authored) = (seconds(), seconds());
    let parents = fields.next().unwrap_or_default();
    let parents = parents.split_ascii_whitespace().filter_map(|p| CommitId::parse(p).ok()).collect();
    let mut digest = DefaultHasher::new();
    digest.write(subject);
    Some((Commit { id, parents: Vec::new(), fan: 0, tree, at, authored, subject: digest.finish() }, parents))
}

/// Reads a reflog, newest first. A line that says `forced-update` replaced the commit of the next line.
fn forced(text: &str) -> Vec<Forced> {
    let lines: Vec<(CommitId, Timestamp, &str)> = text
        .split('\0')
        .filter_map(|line| {
            let (id, rest) = line.split_once(' ')?;
            let (name, said) = rest.split_once(' ').unwrap_or((rest, ""));
            let at = name.rsplit_once("@{")?.1.strip_suffix('}')?.parse().ok()?;
            Some((CommitId::parse(id).ok()?, Timestamp::from_second(at).ok()?, said))
        })
        .collect();
    let replaced = lines.windows(2).filter(|pair| pair[0].2.ends_with("forced-update"));
    replaced.map(|p| Forced { from: p[1].0.clone(), to: p[0].0.clone(), at: p[0].1 }).collect()
}

fn quoted(word: &str) -> String {
    shell::quoted(&plain(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reflog_tells_of_replaced_branches() {
        let id = |c: &str| c.repeat(40);
        let text = format!(
            "{} origin/develop@{{1700000200}} fetch origin: forced-update\0{} origin/develop@{{1700000100}} fetch origin: fast-forward\0rubbish\0",
            id("b"),
            id("a")
        );
        let found = forced(&text);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].from.short(), found[0].to.short()), ("aaaaaaa", "bbbbbbb"));
        assert_eq!(found[0].at.as_second(), 1_700_000_200);
    }

    #[test]
    fn nothing_in_a_log_panics() {
        let id = "1".repeat(40);
        for head in [&b""[..], b" ", b"x y z", b"\xff"] {
            assert!(commit(head, b"s\xff").is_none());
        }
        let (read, parents) = commit(format!("{id} {id}   {id} {id}").as_bytes(), b"").unwrap();
        assert_eq!((read.at, read.authored, parents.len()), (0, 0, 2));
    }

    #[test]
    fn no_setting_of_a_clone_changes_what_a_patch_is() {
        let dir = tempfile::tempdir().unwrap();
        let inherited = vec![("PATH".into(), "/usr/local/bin:/usr/bin:/bin".into())];
        let env = Environment { inherited, cache: dir.path().join("cache") };
        let git = Git::new(dir.path(), &env.inherited);
        git.ok(&["init", "-q", "-b", "main", "."], b"").unwrap();
        let text = |lines: &str| format!("M 100644 inline a.txt\ndata {}\n{lines}\n", lines.len());
        let commit = |n: u8, change: &str| {
            format!("commit refs/heads/main\ncommitter A <a@b> {n} +0000\ndata 0\n{change}")
        };
        let stream = [
            commit(1, &text("one\n\ntwo\n\nthree\n")),
            commit(2, &text("one\n\n2\n\nthree\n")),
            commit(3, "R a.txt b.txt\n"),
        ];
        git.ok(&["fast-import", "--quiet"], stream.concat().as_bytes()).unwrap();
        let made = git.line(&["rev-list", "main"], b"").unwrap();
        let made: Vec<CommitId> = made.lines().map(|id| CommitId::parse(id).unwrap()).collect();
        let clone = Clone::open(dir.path(), None, &env).unwrap();
        let store = Store::open(&clone, &env).unwrap();
        let ids = || CloneHistory::open(&clone, &store, &env).patch_ids(&made).unwrap();
        let before = ids();
        assert_eq!(before.len(), 2);
        for (key, value) in [
            ("diff.external", "false"),
            ("diff.own.command", "false"),
            ("diff.own.textconv", "echo the same"),
            ("diff.noprefix", "true"),
            ("diff.mnemonicPrefix", "true"),
            ("diff.renames", "copies"),
            ("diff.context", "0"),
            ("diff.suppressBlankEmpty", "true"),
            ("color.ui", "always"),
            ("color.diff", "always"),
        ] {
            git.ok(&["config", key, value], b"").unwrap();
        }
        std::fs::write(dir.path().join(".git/info/attributes"), "*.txt diff=own\n").unwrap();
        assert_eq!(ids(), before);
    }
}
