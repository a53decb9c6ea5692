//! A program that is to be started, with the little that it sees of this machine.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

/// A program with its arguments. It sees the variables that it is given, and no others.
#[derive(Clone)]
pub struct Program {
    name: OsString,
    args: Vec<OsString>,
    vars: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
}

/// The process group that a process belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A new one: it and all that it starts can be killed together.
    Own,
    /// Ours: what a terminal does to us, it does to the process.
    Ours,
}

impl Program {
    /// Names a program: a path, or what is looked for on the `PATH` that it is given.
    pub fn new(name: impl Into<OsString>) -> Self {
        Self { name: name.into(), args: Vec::new(), vars: Vec::new(), dir: None }
    }

    /// Adds arguments.
    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// Gives it a variable. Of several with one name the last one holds.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    /// Gives it variables.
    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, vars: impl IntoIterator<Item = (N, V)>) -> Self {
        let owned = |(name, value): (N, V)| (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.vars.extend(vars.into_iter().map(owned));
        self
    }

    /// Names the directory that it runs in; without one, it is ours.
    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Starts it for somebody who watches it themselves; everybody else calls [`Program::run`].
    #[expect(clippy::disallowed_methods, reason = "the one place that starts processes")]
    pub fn spawn(&self, group: Group, stdin: Stdio, stdout: Stdio, stderr: Stdio) -> io::Result<Child> {
        let mut command = Command::new(&self.name);
        command.args(&self.args).env_clear().envs(self.vars.iter().map(|(name, value)| (name, value)));
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        if group == Group::Own {
            command.process_group(0);
        }
        command.spawn()
    }
}

/// Kills a process that was started in a group of its own, with all that it started.
pub fn kill_group(child: &Child) {
    let _gone_already = kill_process_group(Pid::from_child(child), Signal::KILL);
}

/// Without its arguments and variables, which may be secrets.
impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}
