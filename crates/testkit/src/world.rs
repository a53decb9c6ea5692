//! A project: its server, a developer's clone, machines, and time.

use crate::Machine;
use crate::memory::Memory;
use crate::process::{Output, hermetic, run};
use allclear_core::port::Clock;
use allclear_core::{CommitId, Version};
use allclear_engine::Ticked;
use allclear_git::{Environment, VirtualClock};
use jiff::Timestamp;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A Tuesday morning, well within the hours of promotion.
const START: &str = "2026-11-03T10:00:00Z";

/// The policy that a world begins with.
const POLICY: &str = "preset = \"library@1\"\n[project]\nname = \"demo\"\n";

/// A project on a real server, `v1.0.0` released and `develop` ahead of it.
pub struct World {
    dir: tempfile::TempDir,
    /// The clock of all machines that have none of their own.
    pub clock: Arc<VirtualClock>,
    pub(crate) memory: Mutex<Memory>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// Makes a project: `master` with `v1.0.0`, `develop` with a policy and a feature.
    pub fn new() -> Self {
        let clock = Arc::new(VirtualClock::at(START.parse().unwrap()));
        let world = Self { dir: tempfile::tempdir().unwrap(), clock, memory: Mutex::default() };
        for name in ["home", "cache"] {
            std::fs::create_dir(world.path().join(name)).unwrap();
        }
        std::fs::create_dir(world.server()).unwrap();
        world.git(&["init", "-q", "--bare", "--template=", "-b", "master", "."]);
        let first =
            world.commit("master", "feat: begin", &[("README", "demo\n"), ("app.txt", "one\ntwo\nthree\n")]);
        world.git(&["tag", "-a", "-m", "1.0.0", "v1.0.0", first.as_str()]);
        world.git(&["branch", "develop", "master"]);
        world.policy(POLICY);
        world.commit("develop", "feat: streams", &[("streams.txt", "streams\n")]);
        let clone = world.clone_dir();
        world.git_in(world.path(), &["clone", "-q", "server.git", &clone.display().to_string()]);
        world.git_in(&clone, &["config", "user.name", "Dev"]);
        world.git_in(&clone, &["config", "user.email", "dev@example.org"]);
        world
    }

    /// Makes a project whose candidate 1.1.0 was cut by machine `a` eight days ago, and is clear.
    pub fn soaked() -> Self {
        let world = Self::new();
        world.cut();
        world.days(8);
        world
    }

    /// Cuts a candidate by hand, on machine `a`.
    pub fn cut(&self) -> Version {
        let wish = allclear_engine::CutWish { may_found: true, ..Default::default() };
        let version = self.machine("a").engine().cut(&wish).unwrap().cut.version;
        self.look();
        version
    }

    /// Gives the temporary directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Gives the server's repository.
    pub fn server(&self) -> PathBuf {
        self.path().join("server.git")
    }

    /// Gives the developer's clone.
    pub fn clone_dir(&self) -> PathBuf {
        self.path().join("clone")
    }

    /// Gives the developer's home.
    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// Runs git in the server's repository; it must succeed.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.server(), args)
    }

    /// Runs git anywhere; it must succeed.
    pub fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let output = self.try_git(dir, args, b"");
        assert!(output.ok, "git {args:?} failed: {}", output.err);
        output.out
    }

    /// Runs git anywhere, whatever comes of it.
    pub fn try_git(&self, dir: &Path, args: &[&str], stdin: &[u8]) -> Output {
        run("git", args, dir, &hermetic(&self.home()), stdin)
    }

    /// Gives the commit that a ref of the server leads to.
    pub fn tip(&self, name: &str) -> Option<CommitId> {
        let output = self.try_git(
            &self.server(),
            &["rev-parse", "-q", "--verify", &format!("{name}^{{commit}}")],
            b"",
        );
        CommitId::parse(&output.out).ok()
    }

    /// Lists the server's refs: full name and object, sorted.
    pub fn refs(&self) -> Vec<(String, CommitId)> {
        let list = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        list.lines()
            .filter_map(|l| l.split_once(' '))
            .map(|(n, id)| (n.to_owned(), CommitId::parse(id).unwrap()))
            .collect()
    }

    /// Lists all refs but the record and what waits under it.
    pub fn branches_and_tags(&self) -> Vec<(String, CommitId)> {
        self.refs().into_iter().filter(|(name, _)| !name.starts_with("refs/allclear/")).collect()
    }

    /// Tells whether the server has a ref.
    pub fn has(&self, name: &str) -> bool {
        self.refs().iter().any(|(n, _)| n == name)
    }

    /// Puts a commit on a branch of the server, as a developer's push would.
    pub fn commit(&self, branch: &str, message: &str, files: &[(&str, &str)]) -> CommitId {
        self.commit_bytes(branch, message.as_bytes(), files)
    }

    /// Puts a commit with any message on a branch of the server.
    pub fn commit_bytes(&self, branch: &str, message: &[u8], files: &[(&str, &str)]) -> CommitId {
        let at = self.clock.now().as_second();
        let mut input = format!(
            "commit refs/heads/{branch}\nmark :1\ncommitter Dev <dev@example.org> {at} +0000\ndata {}\n",
            message.len()
        )
        .into_bytes();
        input.extend(message);
        input.push(b'\n');
        if let Some(parent) = self.tip(&format!("refs/heads/{branch}")) {
            input.extend(format!("from {parent}\n").into_bytes());
        }
        for (path, text) in files {
            input.extend(format!("M 100644 inline {path}\ndata {}\n{text}\n", text.len()).into_bytes());
        }
        input.extend(b"get-mark :1\n");
        let output =
            self.try_git(&self.server(), &["fast-import", "--quiet", "--date-format=raw-permissive"], &input);
        assert!(output.ok, "fast-import: {}", output.err);
        self.look();
        CommitId::parse(&output.out).unwrap()
    }

    /// Merges `from` into a branch of the server, which must be possible without conflict.
    pub fn merge(&self, branch: &str, from: &str, message: &str) -> CommitId {
        let (ours, theirs) = (self.tip(&format!("refs/heads/{branch}")).unwrap(), self.tip(from).unwrap());
        let tree = self.git(&["merge-tree", "--write-tree", ours.as_str(), theirs.as_str()]);
        let made = self.git(&[
            "commit-tree",
            tree.trim(),
            "-p",
            ours.as_str(),
            "-p",
            theirs.as_str(),
            "-m",
            message,
        ]);
        self.git(&["update-ref", &format!("refs/heads/{branch}"), &made, ours.as_str()]);
        self.look();
        CommitId::parse(&made).unwrap()
    }

    /// Commits a policy to develop.
    pub fn policy(&self, toml: &str) -> CommitId {
        self.commit("develop", "chore: policy", &[("allclear.toml", toml)])
    }

    /// Moves time on by days.
    pub fn days(&self, days: i64) {
        self.clock.advance(days * 86_400);
    }

    /// Moves time on by minutes.
    pub fn minutes(&self, minutes: i64) {
        self.clock.advance(minutes * 60);
    }

    /// Gives the environment of a machine.
    pub fn environment(&self, machine: &str) -> Environment {
        Environment { inherited: hermetic(&self.home()), cache: self.path().join("cache").join(machine) }
    }

    /// Gives a machine, with a store of its own and the world's clock. The same name is the same machine.
    pub fn machine(&self, name: &str) -> Machine {
        Machine::new(name, &self.clone_dir(), &self.environment(name), Arc::clone(&self.clock))
    }

    /// Gives a machine whose clock is its own, for threads: nobody's waiting moves another's time.
    pub fn lone_machine(&self, name: &str) -> Machine {
        let clock = Arc::new(VirtualClock::at(self.clock.now()));
        Machine::new(name, &self.clone_dir(), &self.environment(name), clock)
    }

    /// Gives a machine that reaches the server through another clone.
    pub fn machine_at(&self, name: &str, clone: &Path) -> Machine {
        Machine::new(name, clone, &self.environment(name), Arc::clone(&self.clock))
    }

    /// Installs a hook on the server.
    pub fn hook(&self, name: &str, script: &str) {
        let dir = self.server().join("hooks");
        std::fs::create_dir_all(&dir).unwrap();
        let path = dir.join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Takes a hook away.
    pub fn unhook(&self, name: &str) {
        std::fs::remove_file(self.server().join("hooks").join(name)).unwrap();
    }

    /// Removes stale locks, as the server's administrator would, and names them.
    pub fn unlock(&self) -> Vec<String> {
        let mut gone = Vec::new();
        let mut dirs = vec![self.server()];
        while let Some(dir) = dirs.pop() {
            for item in std::fs::read_dir(&dir).unwrap() {
                let path = item.unwrap().path();
                if path.is_dir() && !path.is_symlink() {
                    dirs.push(path);
                } else if path.extension().is_some_and(|e| e == "lock") {
                    gone.push(path.display().to_string());
                    std::fs::remove_file(&path).unwrap();
                }
            }
        }
        gone
    }

    /// Appends any bytes to the ledger, as anybody who may push could.
    pub fn forge_entry(&self, json: &[u8]) -> CommitId {
        self.forge_files(&[("entry.json", json)])
    }

    /// Appends any files to the ledger as an entry, in the order of their names.
    pub fn forge_files(&self, files: &[(&str, &[u8])]) -> CommitId {
        let blob = |bytes: &[u8]| self.try_git(&self.server(), &["hash-object", "-w", "--stdin"], bytes).out;
        let lines: String =
            files.iter().map(|(name, bytes)| format!("100644 blob {}\t{name}\n", blob(bytes))).collect();
        let tree = self.try_git(&self.server(), &["mktree"], lines.as_bytes()).out;
        let head = self.tip("refs/allclear/ledger").unwrap();
        let made = self.git(&["commit-tree", &tree, "-p", head.as_str(), "-m", "forged"]);
        self.git(&["update-ref", "refs/allclear/ledger", &made]);
        self.look();
        CommitId::parse(&made).unwrap()
    }

    /// Ticks on a machine until nothing more is done; gives everything that was done, and the last tick.
    pub fn until_quiet(&self, machine: &Machine) -> (Vec<String>, Ticked) {
        let mut done = Vec::new();
        for _ in 0..10 {
            let ticked = machine.engine().tick(false).unwrap();
            self.look();
            if ticked.done.is_empty() {
                return (done, ticked);
            }
            done.extend(ticked.done.into_iter().map(|d| d.0));
        }
        panic!("ten ticks, and no end: {done:?}");
    }

    /// Gives the present instant.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
