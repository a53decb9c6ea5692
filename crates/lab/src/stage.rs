//! The stages of one attempt: what is run in a sandbox, one after the other, and how an end is read.

use crate::{Cell, How, Sandbox, Task};
use allclear_core::lab::{Limits, Must, Outcome, Recipe, Step};
use allclear_host::TempDir;
use rustix::fs::OFlags;
use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

/// What the word of a log's last part is about, in bytes: enough to find what is wrong.
const LOG: u64 = 1 << 20;

/// Where the lab's own programs are, inside.
const TOOLS: &str = "/lab/tools";

/// Where an attempt stopped.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) outcome: Outcome,
    pub(crate) step: Step,
    /// What was printed, as far as it was kept.
    pub(crate) log: String,
    pub(crate) note: Option<String>,
}

impl Stop {
    /// Says that the lab itself could not work.
    pub(crate) fn infra(why: &str) -> Self {
        let note = Some(format!("the lab itself failed: {}", allclear_core::text::short(why, 200)));
        Self { outcome: Outcome::Infra, step: Step::Prepare, log: String::new(), note }
    }
}

/// What a sandbox shows, and where.
#[derive(Debug, Default)]
pub(crate) struct Sights {
    /// Outside, inside; read only.
    pub(crate) reads: Vec<(PathBuf, PathBuf)>,
    /// Outside, inside; to be written, by whatever runs.
    pub(crate) writes: Vec<(PathBuf, PathBuf)>,
    /// Outside, inside; to be written by compilers, and not to be seen by what they compiled.
    pub(crate) compilers: Vec<(PathBuf, PathBuf)>,
    /// Outside, inside; to be read by whatever is no compiler.
    pub(crate) others: Vec<(PathBuf, PathBuf)>,
    pub(crate) env: BTreeMap<String, String>,
    /// What a compiler's environment has beside that.
    pub(crate) compiler_env: BTreeMap<String, String>,
    /// What the environment of all others has beside that.
    pub(crate) other_env: BTreeMap<String, String>,
    /// Inside: where everything is run.
    pub(crate) dir: PathBuf,
}

/// One attempt's sandbox.
#[derive(Debug)]
pub(crate) struct Stage<'a> {
    sandbox: &'a Sandbox,
    room: &'a TempDir,
    recipe: &'a Recipe,
    limits: Limits,
    sights: Sights,
    out: PathBuf,
    tools: PathBuf,
    runs: u32,
    /// What would be run, where nothing is.
    script: Option<Vec<String>>,
    /// The most memory of any stage, in MiB.
    pub(crate) memory: u64,
    /// All that was printed, as far as it was kept.
    pub(crate) log: String,
}

impl<'a> Stage<'a> {
    /// Prepares a sandbox.
    pub(crate) fn new(
        sandbox: &'a Sandbox,
        room: &'a TempDir,
        recipe: &'a Recipe,
        scale: u32,
        mut sights: Sights,
    ) -> std::io::Result<Self> {
        let out = room.dir("out")?;
        let inside = place(sandbox, &out, "/out");
        sights.writes.push((out.clone(), inside.clone()));
        let tools = room.dir("tools")?;
        sights.reads.push((tools.clone(), place(sandbox, &tools, TOOLS)));
        sights.env.insert("ALLCLEAR_OUT".into(), inside.display().to_string());
        sights.env.extend(recipe.env.clone());
        let mut limits = recipe.limits.unwrap_or_default();
        limits.time.0 *= u64::from(scale);
        limits.memory *= u64::from(scale);
        Ok(Self {
            sandbox,
            room,
            recipe,
            limits,
            sights,
            out,
            tools,
            runs: 0,
            script: None,
            memory: 0,
            log: String::new(),
        })
    }

    /// Gives the folder of what it makes, as seen from outside.
    pub(crate) fn out(&self) -> &Path {
        &self.out
    }

    /// Gives the path of something it makes, as seen from inside.
    pub(crate) fn inside(&self, name: &str) -> String {
        place(self.sandbox, &self.out, "/out").join(name).display().to_string()
    }

    /// Puts a program of the lab's own where nobody inside can change it; gives its path there.
    pub(crate) fn tool(&self, name: &str, text: &str) -> Result<String, Stop> {
        use std::os::unix::fs::PermissionsExt;
        let path = self.tools.join(name);
        std::fs::write(&path, text)
            .and_then(|()| std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)))
            .map_err(|e| Stop::infra(&e.to_string()))?;
        Ok(place(self.sandbox, &self.tools, TOOLS).join(name).display().to_string())
    }

    /// Tells whether it made a file of this name, and no link to one.
    pub(crate) fn made(&self, name: &str) -> bool {
        self.out.join(name).symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    /// Reads a small file that it made. Whoever was inside may have put a link or a pipe in its place: that is none.
    pub(crate) fn read(&self, name: &str) -> String {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let open = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits() as i32)
            .open(self.out.join(name));
        let mut bytes = Vec::new();
        if let Some(file) = open.ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file())) {
            drop(file.take(LOG).read_to_end(&mut bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Runs a compiler: it may write what compilers share.
    pub(crate) fn compile(&mut self, step: Step, command: &[&str]) -> Result<(), Stop> {
        let mut cell = self.cell();
        cell.shared.extend(self.sights.compilers.iter().cloned());
        cell.env.extend(self.sights.compiler_env.clone());
        self.go(step, &cell, &task(command, Must::Exits(self.limits.time), &[]))
    }

    /// Runs a script, with the services where it is a test.
    pub(crate) fn shell(&mut self, step: Step, script: &str) -> Result<(), Stop> {
        let services = if step == Step::Test { self.recipe.services.as_slice() } else { &[] };
        let cell = self.foreign();
        self.go(step, &cell, &task(&["sh", "-c", script], Must::Exits(self.limits.time), services))
    }

    /// Runs a program as it is meant to run.
    pub(crate) fn run(&mut self, command: &[&str], must: &Must) -> Result<(), Stop> {
        let cell = self.foreign();
        self.go(Step::Run, &cell, &task(command, must.clone(), &self.recipe.services))
    }

    /// Runs nothing from here on, and notes what would be run.
    pub(crate) fn rehearse(&mut self) {
        self.script = Some(Vec::new());
    }

    /// Gives what would have been run, a command a line, and runs again from here on.
    pub(crate) fn script(&mut self) -> Vec<String> {
        self.script.take().unwrap_or_default()
    }

    /// Tells whether nothing is run.
    pub(crate) fn is_rehearsal(&self) -> bool {
        self.script.is_some()
    }

    /// Gives where it stands, inside.
    pub(crate) fn dir(&self) -> &Path {
        &self.sights.dir
    }

    /// Opens a shell in it, on this terminal.
    pub(crate) fn visit(&mut self) -> Result<i32, String> {
        let mut cell = self.cell();
        cell.shared.extend(self.sights.compilers.iter().cloned());
        cell.env.extend(self.sights.compiler_env.clone());
        self.sandbox.shell(&cell)
    }

    /// Gives a cell for foreign code.
    fn foreign(&mut self) -> Cell {
        let mut cell = self.cell();
        cell.reads.extend(self.sights.others.iter().cloned());
        let beside = self.sights.other_env.iter().map(|(name, value)| (name.clone(), value.clone()));
        cell.env.extend(beside.filter(|(name, _)| !self.recipe.env.contains_key(name)));
        cell
    }

    fn cell(&mut self) -> Cell {
        self.runs += 1;
        Cell {
            reads: self.sights.reads.clone(),
            writes: self.sights.writes.clone(),
            shared: Vec::new(),
            env: self.sights.env.clone(),
            dir: self.sights.dir.clone(),
            network: false,
            limits: self.limits,
            log: self.room.path().join(format!("log-{}", self.runs)),
        }
    }

    fn go(&mut self, step: Step, cell: &Cell, task: &Task) -> Result<(), Stop> {
        if let Some(script) = &mut self.script {
            script.push(spoken(step, task));
            return Ok(());
        }
        let ended = self.sandbox.run(cell, task).map_err(|why| Stop::infra(&why))?;
        self.memory = self.memory.max(ended.memory);
        let log = Self::told(&read(&cell.log));
        self.log.push_str(&log);
        let (outcome, note) = self.reading(step, &ended.how, &log);
        if outcome == Outcome::Passed { Ok(()) } else { Err(Stop { outcome, step, log, note }) }
    }

    /// Gives a log as it would read outside: the sandbox's own folders are nobody's.
    fn told(log: &str) -> String {
        INSIDE.iter().fold(log.to_owned(), |log, inside| log.replace(inside, ""))
    }

    /// Reads how something ended.
    fn reading(&self, step: Step, how: &How, log: &str) -> (Outcome, Option<String>) {
        let Limits { time, memory, disk, output, .. } = self.limits;
        let failed = Outcome::failed(step);
        let has = |words: &[&str]| words.iter().any(|word| log.contains(word));
        let plain = |note: String| (failed, Some(note));
        match how {
            How::Done if step == Step::Run && has(PANICS) => plain("it ran on after a panic".into()),
            How::Done => (Outcome::Passed, None),
            How::Exited(_) | How::Signalled(_) if has(NETWORK) => {
                (Outcome::Network, Some("it wanted a network; where foreign code runs there is none".into()))
            }
            How::Exited(_) | How::Signalled(_) if has(NO_SPACE) => {
                (Outcome::NoSpace, Some(format!("it filled its disk of {disk} MiB")))
            }
            How::Exited(_) if step != Step::Run => (failed, None),
            How::Exited(code) => plain(format!("it exited with {code}")),
            How::Signalled(signal) => plain(format!("signal {signal} ended it")),
            How::TimedOut => (Outcome::TimedOut, Some(format!("it was not through after {time}"))),
            How::OutOfMemory => {
                (Outcome::OutOfMemory, Some(format!("it took more than {memory} MiB of memory")))
            }
            How::NoSpace => (Outcome::NoSpace, Some(format!("it wrote more than {disk} MiB"))),
            How::TooMuchOutput => plain(format!("it printed more than {output} MiB")),
            How::NotReady(why) => plain(why.clone()),
            How::Stubborn => plain("it does not end when it is told to (SIGTERM)".into()),
            How::ServiceFailed(why) => (Outcome::Unprepared, Some(why.clone())),
        }
    }
}

/// Where the sandbox keeps what it shows.
const INSIDE: [&str; 2] = ["/lab/cache/", "/work/"];

/// What a program prints that has broken down and was caught.
const PANICS: &[&str] =
    &["\ngoroutine 1 [running]", "panic: runtime error", "Traceback (most recent call last)"];
const NETWORK: &[&str] = &[
    "network is unreachable",
    "Network is unreachable",
    "no such host",
    "Temporary failure in name resolution",
    "Could not resolve host",
    "ENOTFOUND",
    "EAI_AGAIN",
    "server misbehaving",
];
const NO_SPACE: &[&str] = &["no space left on device", "No space left on device", "ENOSPC"];

fn task(command: &[&str], must: Must, services: &[allclear_core::lab::Service]) -> Task {
    Task { command: command.iter().map(|&part| part.to_owned()).collect(), must, services: services.to_vec() }
}

/// Writes a command as a person would type it, with what it must do.
fn spoken(step: Step, task: &Task) -> String {
    let word = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
        if !word.is_empty() && word.chars().all(plain) {
            word.clone()
        } else {
            shlex::try_quote(word).map_or_else(|_| word.clone(), Into::into)
        }
    };
    let command = task.command.iter().map(word).collect::<Vec<_>>().join(" ");
    let must = match &task.must {
        Must::Exits(time) => format!("exits with 0 within {time}"),
        Must::Stays(time) => format!("is alive after {time}, or has exited with 0"),
        Must::Serves { within, .. } => format!("is ready within {within}"),
    };
    format!("{command}    # {}: {must}", step.name())
}

/// Gives where something is inside: its own place, where nothing is contained.
pub(crate) fn place(sandbox: &Sandbox, outside: &Path, inside: &str) -> PathBuf {
    sandbox.seen(outside, Path::new(inside))
}

fn read(log: &Path) -> String {
    let mut text = Vec::new();
    if let Ok(file) = std::fs::File::open(log) {
        drop(file.take(LOG).read_to_end(&mut text));
    }
    String::from_utf8_lossy(&text).into_owned()
}
