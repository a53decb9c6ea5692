//! Runs foreign code in a sandbox, and leaves no process of it behind.

mod bubblewrap;
mod capture;
mod cgroup;
mod disk_usage;
mod enter;
pub(crate) mod helper;
mod home;
mod process_tree;
mod protocol;
mod ready;
mod spec;
mod watch;

pub use spec::{Ended, How, SandboxSpec, Task};

use self::bubblewrap::{Bubblewrap, Init};
use self::cgroup::{Group, Hierarchy};
use self::enter::entering;
use self::home::Home;
use self::protocol::Request;
use self::watch::Watch;
use allclear_core::experiment::{Limits, Must};
use allclear_core::types::duration::Seconds;
use allclear_host::process::{self, End, Run};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// How much longer than the task the helper may take.
const MARGIN: Duration = Duration::from_secs(20);
/// How long it may take to find out whether a control group admits a process.
const ADMIT_LIMIT: Duration = Duration::from_mins(1);
const NOTHING: &str = "/dev/null";
const HINT: &str = "install it with `apt install bubblewrap`";

/// What contains foreign code on this machine.
#[derive(Debug)]
pub struct Sandbox {
    helper: Vec<OsString>,
    bubblewrap: Option<Bubblewrap>,
    cgroups: Option<Hierarchy>,
    stopped: AtomicBool,
}

impl Sandbox {
    /// Finds what contains foreign code here, and proves that it works; else says why it does not and what to
    /// do. `helper` is the command that calls [`helper::main`](crate::helper::main).
    pub fn find(helper: Vec<OsString>) -> Result<Self, String> {
        let bubblewrap =
            Bubblewrap::find().map_err(|why| format!("foreign code cannot be contained: {why}; {HINT}"))?;
        let stopped = AtomicBool::new(false);
        let mut sandbox = Self { helper, bubblewrap: Some(bubblewrap), cgroups: None, stopped };
        // First without control groups, so that a failure here is one of bubblewrap.
        sandbox.probe().map_err(|why| {
            format!("foreign code cannot be contained: bubblewrap does not work here ({why}); see that user namespaces are allowed, or {HINT}")
        })?;
        sandbox.cgroups = Hierarchy::candidates().into_iter().find(admits);
        Ok(sandbox)
    }

    /// Contains nothing, because the policy says so. The limits hold as far as they can without namespaces.
    pub fn none(helper: Vec<OsString>) -> Self {
        let cgroups = Hierarchy::candidates().into_iter().find(admits);
        Self { helper, bubblewrap: None, cgroups, stopped: AtomicBool::new(false) }
    }

    /// `bubblewrap, cgroup v1 (memory, pids, cpu)`, `bubblewrap, rlimits`.
    pub fn describe(&self) -> String {
        let limits = self.cgroups.as_ref().map_or_else(|| "rlimits".to_owned(), Hierarchy::describe);
        match self.bubblewrap {
            Some(_) => format!("bubblewrap, {limits}"),
            None => "nothing: sandbox = \"none\"".to_owned(),
        }
    }

    /// The path of a file for what runs in the sandbox: its own path if nothing is contained. Every inside path
    /// of a [`SandboxSpec`] comes from here.
    pub fn path_inside(&self, outside: &Path, inside: &Path) -> PathBuf {
        if self.bubblewrap.is_some() { inside } else { outside }.to_path_buf()
    }

    /// The command that calls the lab's helper, inside.
    pub(crate) fn helper(&self) -> Vec<OsString> {
        let mut helper = self.helper.clone();
        if self.bubblewrap.is_some() {
            helper[0] = bubblewrap::HELPER.into();
        }
        helper
    }

    /// Ends everything that runs now or is started later. The outcomes of what it ended mean nothing.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::Relaxed);
    }

    /// Runs a task in a sandbox of its own. When it returns, no process of the task is left. An error is one of
    /// the lab, and says nothing about the task.
    pub fn run(&self, spec: &SandboxSpec, task: &Task) -> Result<Ended, String> {
        let log = File::create(&spec.log).map_err(|e| format!("writing {}: {e}", spec.log.display()))?;
        let group = self.group(&spec.limits)?;
        let home = self.home(spec)?;
        let request = Request {
            task: task.clone(),
            env: home.env(spec),
            dir: spec.dir.clone(),
            limits: spec.limits,
            scratch: home.dirs().into(),
            enforces_limits: group.is_none(),
            own_namespace: self.bubblewrap.is_some(),
        };
        let argv = match &self.bubblewrap {
            Some(bubblewrap) => bubblewrap.argv(spec, &Init::Helper(&self.helper)),
            None => self.helper.clone(),
        };
        let writable = spec.writable.iter().map(|(outside, _)| outside.as_path());
        let watch = Watch {
            stopped: &self.stopped,
            group: group.as_ref(),
            filter: self.filter(),
            disk: writable.chain(home.on_disk()).collect(),
            limits: spec.limits,
            until: Instant::now() + time_limit(task, spec.limits.time),
        };
        watch.run(&argv, &request, log)
    }

    /// Opens a shell for a person in such a sandbox, on this terminal; gives its exit code.
    pub fn shell(&self, spec: &SandboxSpec) -> Result<i32, String> {
        let group = self.group(&spec.limits)?;
        let home = self.home(spec)?;
        let mut spec = spec.clone();
        spec.env = home.env(&spec);
        spec.env.entry("TERM".to_owned()).or_insert_with(|| "xterm".to_owned());
        let shell = if Path::new("/bin/bash").exists() { "/bin/bash" } else { "/bin/sh" };
        let argv = match &self.bubblewrap {
            Some(bubblewrap) => bubblewrap.argv(&spec, &Init::Shell(shell)),
            None => vec![shell.into()],
        };
        let entries = group.as_ref().map(Group::entries).unwrap_or_default();
        let mut program = entering(entries.iter().map(PathBuf::as_path), &self.filter(), &argv);
        if self.bubblewrap.is_none() {
            program = program.envs(&spec.env).dir(&spec.dir);
        }
        let shell = program.spawn(process::Group::Ours, Stdio::inherit(), Stdio::inherit(), Stdio::inherit());
        let status =
            shell.and_then(|mut shell| shell.wait()).map_err(|e| format!("starting a shell: {e}"))?;
        Ok(status.code().unwrap_or(1))
    }

    /// The filter of system calls; an empty file if nothing is contained.
    fn filter(&self) -> PathBuf {
        self.bubblewrap.as_ref().map_or_else(|| NOTHING.into(), Bubblewrap::filter)
    }

    fn group(&self, limits: &Limits) -> Result<Option<Group>, String> {
        let make = |cgroups: &Hierarchy| {
            cgroups.make_group(limits).map_err(|e| format!("making a control group: {e}"))
        };
        self.cgroups.as_ref().map(make).transpose()
    }

    fn home(&self, spec: &SandboxSpec) -> Result<Home, String> {
        if self.bubblewrap.is_some() { Ok(Home::InMemory) } else { Home::beside(&spec.log) }
    }

    /// Runs `true`, to see whether anything can be run.
    fn probe(&self) -> Result<(), String> {
        let limits = Limits { time: Seconds(10), ..Limits::default() };
        let task =
            Task { command: vec!["true".to_owned()], must: Must::Exits(limits.time), services: Vec::new() };
        let spec = SandboxSpec {
            readable: Vec::new(),
            writable: Vec::new(),
            caches: Vec::new(),
            env: BTreeMap::new(),
            dir: PathBuf::from("/"),
            limits,
            log: NOTHING.into(),
        };
        let how = self.run(&spec, &task)?.how;
        if how == How::Done { Ok(()) } else { Err(format!("running `true` ended as {how:?}")) }
    }
}

/// Tells whether a process can enter a group of this hierarchy.
fn admits(cgroups: &Hierarchy) -> bool {
    cgroups.sweep();
    cgroups.make_group(&Limits::default()).is_ok_and(|group| {
        let entries = group.entries();
        let enter = entering(entries.iter().map(PathBuf::as_path), Path::new(NOTHING), &["true".into()]);
        enter.output(&Run::within(ADMIT_LIMIT), 0).is_ok_and(|(ended, _)| matches!(ended.end, End::Exit(0)))
    })
}

/// How long the helper may take for everything.
fn time_limit(task: &Task, time: Seconds) -> Duration {
    let longest = match task.must {
        Must::Stays(time) | Must::Exits(time) => time.0,
        Must::Serves { within, .. } => within.0,
    };
    let services = task.services.len() as u64 * 30;
    Duration::from_secs(longest.max(time.0).saturating_add(services)) + MARGIN
}
