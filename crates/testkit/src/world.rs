//! A project: its server, a developer's clone, machines, and time.

use crate::Machine;
use crate::memory::Memory;
use crate::process::{Output, hermetic, run, write_script};
use allclear_core::port::Clock;
use allclear_core::{CommitId, Version};
use allclear_engine::Ticked;
use allclear_git::{Environment, VirtualClock};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// A Tuesday morning, within the hours of promotion.
const START: &str = "2026-11-03T10:00:00Z";

const POLICY: &str = "preset = \"library@1\"\n[project]\nname = \"demo\"\n";

pub struct World {
    dir: tempfile::TempDir,
    pub clock: Arc<VirtualClock>,
    pub(crate) memory: Mutex<Memory>,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

impl World {
    /// `master` has `v1.0.0`, and `develop` a policy and a feature.
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

    /// Candidate 1.1.0 was cut by machine `a` eight days ago, and is clear.
    pub fn soaked() -> Self {
        let world = Self::new();
        world.cut();
        world.days(8);
        world
    }

    pub fn cut(&self) -> Version {
        let wish = allclear_engine::CutWish { may_found: true, ..Default::default() };
        let version = self.machine("a").engine().cut(&wish).unwrap().cut.version;
        self.look();
        version
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn server(&self) -> PathBuf {
        self.path().join("server.git")
    }

    pub fn clone_dir(&self) -> PathBuf {
        self.path().join("clone")
    }

    pub fn home(&self) -> PathBuf {
        self.path().join("home")
    }

    /// Runs git in the server's repository; it must succeed.
    pub fn git(&self, args: &[&str]) -> String {
        self.git_in(&self.server(), args)
    }

    pub fn git_in(&self, dir: &Path, args: &[&str]) -> String {
        let output = self.try_git(dir, args, b"");
        assert!(output.ok, "git {args:?} failed: {}", output.err);
        output.out
    }

    /// Runs git, whatever its exit code.
    pub fn try_git(&self, dir: &Path, args: &[&str], stdin: &[u8]) -> Output {
        run("git", args, dir, &hermetic(&self.home()), stdin)
    }

    pub fn tip(&self, name: &str) -> Option<CommitId> {
        let output = self.try_git(
            &self.server(),
            &["rev-parse", "-q", "--verify", &format!("{name}^{{commit}}")],
            b"",
        );
        CommitId::parse(&output.out).ok()
    }

    pub fn refs(&self) -> Vec<(String, CommitId)> {
        let list = self.git(&["for-each-ref", "--format=%(refname) %(objectname)"]);
        list.lines()
            .filter_map(|l| l.split_once(' '))
            .map(|(n, id)| (n.to_owned(), CommitId::parse(id).unwrap()))
            .collect()
    }

    pub fn branches_and_tags(&self) -> Vec<(String, CommitId)> {
        self.refs().into_iter().filter(|(name, _)| !name.starts_with("refs/allclear/")).collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.refs().iter().any(|(n, _)| n == name)
    }

    /// Commits to a branch of the server.
    pub fn commit(&self, branch: &str, message: &str, files: &[(&str, &str)]) -> CommitId {
        self.commit_bytes(branch, message.as_bytes(), files)
    }

    pub fn commit_bytes(&self, branch: &str, message: &[u8], files: &[(&str, &str)]) -> CommitId {
        self.try_commit_bytes(branch, message, files).unwrap()
    }

    /// Commits, unless somebody else moves the branch at the same time.
    pub fn try_commit(
        &self,
        branch: &str,
        message: &str,
        files: &[(&str, &str)],
    ) -> Result<CommitId, String> {
        self.try_commit_bytes(branch, message.as_bytes(), files)
    }

    fn try_commit_bytes(
        &self,
        branch: &str,
        message: &[u8],
        files: &[(&str, &str)],
    ) -> Result<CommitId, String> {
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
        if !output.ok {
            return Err(format!("fast-import: {}", output.err));
        }
        self.look();
        Ok(CommitId::parse(&output.out).unwrap())
    }

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

    pub fn policy(&self, toml: &str) -> CommitId {
        self.commit("develop", "chore: policy", &[("allclear.toml", toml)])
    }

    pub fn days(&self, days: i64) {
        self.clock.advance(days * 86_400);
    }

    pub fn minutes(&self, minutes: i64) {
        self.clock.advance(minutes * 60);
    }

    pub fn environment(&self, machine: &str) -> Environment {
        Environment { inherited: hermetic(&self.home()), cache: self.path().join("cache").join(machine) }
    }

    /// The same name is the same machine.
    pub fn machine(&self, name: &str) -> Machine {
        Machine::new(name, &self.clone_dir(), &self.environment(name), Arc::clone(&self.clock))
    }

    /// Its clock is its own, for threads: waiting moves nobody else's time.
    pub fn lone_machine(&self, name: &str) -> Machine {
        let clock = Arc::new(VirtualClock::at(self.clock.now()));
        Machine::new(name, &self.clone_dir(), &self.environment(name), clock)
    }

    pub fn machine_at(&self, name: &str, clone: &Path) -> Machine {
        Machine::new(name, clone, &self.environment(name), Arc::clone(&self.clock))
    }

    pub fn hook(&self, name: &str, script: &str) {
        let dir = self.server().join("hooks");
        std::fs::create_dir_all(&dir).unwrap();
        write_script(&dir.join(name), &format!("#!/bin/sh\n{script}\n"));
    }

    pub fn unhook(&self, name: &str) {
        std::fs::remove_file(self.server().join("hooks").join(name)).unwrap();
    }

    /// Removes stale lock files, as the server's administrator would; gives their names.
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

    /// Appends anything to the ledger, as anyone who may push could.
    pub fn forge_entry(&self, json: &[u8]) -> CommitId {
        self.forge_files(&[("entry.json", json)])
    }

    /// The files must be sorted by name.
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

    /// Ticks until nothing more is done; gives everything that was done, and the last tick.
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

    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
