//! A program to be started, and the environment that it sees.

use rustix::process::{Pid, Signal, kill_process_group};
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, PoisonError, RwLock};

/// Held for reading while a process is started, and for writing while a file is written that may be run.
static STARTS: RwLock<()> = RwLock::new(());

/// Writes a file that may be run, while no process is started: until its own program runs, such a process has
/// everything open that this one has, and a file that anyone has open for writing cannot be run (`ETXTBSY`, see
/// `execve(2)`).
pub fn write_to_run<T>(write: impl FnOnce() -> T) -> T {
    let _no_process_starts = STARTS.write().unwrap_or_else(PoisonError::into_inner);
    write()
}

/// A program with its arguments. It sees no variables but those that it is given.
#[derive(Clone)]
pub struct Program {
    name: OsString,
    args: Vec<OsString>,
    vars: Vec<(OsString, OsString)>,
    dir: Option<PathBuf>,
    output: Option<Arc<File>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Group {
    /// A new one: the process and everything it starts can be killed together.
    Own,
    /// Ours: signals of the terminal reach it too.
    Ours,
}

impl Program {
    /// A path, or a name that is looked up on the `PATH` given to it.
    pub fn new(name: impl Into<OsString>) -> Self {
        Self { name: name.into(), args: Vec::new(), vars: Vec::new(), dir: None, output: None }
    }

    pub fn args<A: Into<OsString>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The last of several values for a name wins.
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.vars.push((name.into(), value.into()));
        self
    }

    pub fn envs<N: AsRef<OsStr>, V: AsRef<OsStr>>(mut self, vars: impl IntoIterator<Item = (N, V)>) -> Self {
        let owned = |(name, value): (N, V)| (name.as_ref().to_owned(), value.as_ref().to_owned());
        self.vars.extend(vars.into_iter().map(owned));
        self
    }

    pub fn dir(mut self, dir: impl Into<PathBuf>) -> Self {
        self.dir = Some(dir.into());
        self
    }

    /// Sends its output to a file; whoever reads the output gets nothing.
    pub fn output_to(mut self, file: File) -> Self {
        self.output = Some(Arc::new(file));
        self
    }

    /// Starts it for a caller that watches it itself; all others use [`Program::run`].
    #[expect(clippy::disallowed_methods, reason = "the one place that starts processes")]
    pub fn spawn(&self, group: Group, stdin: Stdio, stdout: Stdio, stderr: Stdio) -> io::Result<Child> {
        let mut command = Command::new(self.path().as_deref().unwrap_or(self.name.as_ref()));
        command.args(&self.args).env_clear().envs(self.vars.iter().map(|(name, value)| (name, value)));
        let stdout = match &self.output {
            Some(file) => Stdio::from(file.try_clone()?),
            None => stdout,
        };
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        if let Some(dir) = &self.dir {
            command.current_dir(dir);
        }
        if group == Group::Own {
            command.process_group(0);
        }
        let _no_program_is_written = STARTS.read().unwrap_or_else(PoisonError::into_inner);
        command.spawn()
    }

    /// Finds the file of a program that is only named. The standard library starts a program whose `PATH` was set and
    /// that it has to look up itself by a copy of this process, which takes longer the more memory there is.
    fn path(&self) -> Option<PathBuf> {
        if self.name.as_encoded_bytes().contains(&b'/') {
            return None;
        }
        let (_, path) = self.vars.iter().rev().find(|(name, _)| name == "PATH")?;
        let mut files = std::env::split_paths(path).map(|dir| dir.join(&self.name));
        // A relative one would be looked up from the program's own directory.
        files.find(|file| runs(file)).filter(|file| file.is_absolute())
    }
}

fn runs(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

/// Kills a process that was started in a group of its own, and everything it started.
pub fn kill_group(child: &Child) {
    let _gone_already = kill_process_group(Pid::from_child(child), Signal::KILL);
}

/// Leaves out arguments and variables, which may be secrets.
impl std::fmt::Debug for Program {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Program").field("name", &self.name).finish_non_exhaustive()
    }
}
