//! Runs the steps of one attempt, each in a sandbox of its own.

use super::ending;
use super::stopped::Stopped;
use super::view::View;
use crate::sandbox::{SandboxSpec, Task};
use allclear_core::experiment::{Limits, Must, Outcome, Recipe, Run, Service, Step};
use allclear_core::types::duration::Seconds;
use allclear_core::types::shell;
use allclear_host::TempDir;
use rustix::fs::OFlags;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// How much is read of a log and of a small file: enough to find what is wrong.
const MAX_READ: u64 = 1 << 20;
/// The lab's own programs, inside.
const TOOLS: &str = "/lab/tools";
/// What a program must do if the recipe does not say.
const DEFAULT_MUST: Must = Must::Stays(Seconds(10));
/// The downstream's products, inside.
const OUT: &str = "/out";

#[derive(Debug)]
pub(crate) struct Runner<'a> {
    view: View<'a>,
    temp: &'a TempDir,
    recipe: &'a Recipe,
    limits: Limits,
    out: PathBuf,
    tools: PathBuf,
    runs: u32,
    /// The commands that would be run, if none is.
    rehearsal: Option<Vec<String>>,
    /// The peak memory of all steps, in MiB.
    pub(crate) memory: u64,
    pub(crate) log: String,
}

impl<'a> Runner<'a> {
    /// Adds the folders for products and for the lab's own programs to a view. `scale` multiplies time and
    /// memory.
    pub(crate) fn new(
        mut view: View<'a>,
        temp: &'a TempDir,
        recipe: &'a Recipe,
        scale: u32,
    ) -> std::io::Result<Self> {
        let out = temp.dir("out")?;
        let inside = view.write(&out, OUT);
        let tools = temp.dir("tools")?;
        view.read(&tools, TOOLS);
        view.set("ALLCLEAR_OUT", inside.display().to_string());
        recipe.env.iter().for_each(|(name, value)| view.set(name, value));
        let mut limits = recipe.limits.unwrap_or_default();
        limits.time.0 *= u64::from(scale);
        limits.memory *= u64::from(scale);
        Ok(Self {
            view,
            temp,
            recipe,
            limits,
            out,
            tools,
            runs: 0,
            rehearsal: None,
            memory: 0,
            log: String::new(),
        })
    }

    /// The folder of products, outside.
    pub(crate) fn out(&self) -> &Path {
        &self.out
    }

    /// The path of a product, inside.
    pub(crate) fn product(&self, name: &str) -> String {
        self.view.path_inside(&self.out, OUT).join(name).display().to_string()
    }

    /// Writes a script of the lab's own, for `sh`, where nobody inside can change it; gives its path inside.
    pub(crate) fn tool(&self, name: &str, text: &str) -> Result<String, Stopped> {
        std::fs::write(self.tools.join(name), text).map_err(|e| Stopped::infra(&e.to_string()))?;
        Ok(self.view.path_inside(&self.tools, TOOLS).join(name).display().to_string())
    }

    pub(crate) fn has_product(&self, name: &str) -> bool {
        self.out.join(name).symlink_metadata().is_ok_and(|meta| meta.is_file())
    }

    /// Reads a small product. It is empty if foreign code put a link or a pipe in its place.
    pub(crate) fn read_product(&self, name: &str) -> String {
        use std::os::unix::fs::OpenOptionsExt;
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
        let open = std::fs::OpenOptions::new()
            .read(true)
            .custom_flags(flags.bits() as i32)
            .open(self.out.join(name));
        let mut bytes = Vec::new();
        if let Some(file) = open.ok().filter(|file| file.metadata().is_ok_and(|meta| meta.is_file())) {
            drop(file.take(MAX_READ).read_to_end(&mut bytes));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Builds by the recipe's own script if it has one; an empty script skips the step.
    pub(crate) fn build(
        &mut self,
        own: impl FnOnce(&mut Self) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        self.by_recipe(Step::Build, self.recipe.build.as_deref(), own)
    }

    /// Tests by the recipe's own script if it has one; an empty script skips the step.
    pub(crate) fn test(&mut self, own: impl FnOnce(&mut Self) -> Result<(), Stopped>) -> Result<(), Stopped> {
        self.by_recipe(Step::Test, self.recipe.test.as_deref(), own)
    }

    fn by_recipe(
        &mut self,
        step: Step,
        script: Option<&str>,
        own: impl FnOnce(&mut Self) -> Result<(), Stopped>,
    ) -> Result<(), Stopped> {
        match script {
            Some("") => Ok(()),
            Some(script) => self.shell(step, script),
            None => own(self),
        }
    }

    /// Runs the recipe's own command, else the program that was built; an empty command skips the step.
    pub(crate) fn run_program(&mut self, program: Option<&str>, is_built: bool) -> Result<(), Stopped> {
        match (&self.recipe.run, program) {
            (Some(Run { command: Some(command), .. }), _) if command.is_empty() => Ok(()),
            (Some(Run { command: Some(command), must }), _) => self.run(&["sh", "-c", command], must),
            (Some(Run { command: None, must }), Some(program)) => self.run(&[program], must),
            (None, Some(program)) if is_built => self.run(&[program], &DEFAULT_MUST),
            (Some(_) | None, _) => Ok(()),
        }
    }

    /// Runs a compiler, which may write the shared caches.
    pub(crate) fn compile(&mut self, step: Step, command: &[&str]) -> Result<(), Stopped> {
        let log = self.next_log();
        let spec = self.view.for_compilers(self.limits, log);
        self.execute(step, &spec, &task(command, Must::Exits(self.limits.time), &[]))
    }

    /// Runs a script; a test has its services beside it.
    pub(crate) fn shell(&mut self, step: Step, script: &str) -> Result<(), Stopped> {
        let services = if step == Step::Test { self.recipe.services.as_slice() } else { &[] };
        let spec = self.foreign_spec();
        self.execute(step, &spec, &task(&["sh", "-c", script], Must::Exits(self.limits.time), services))
    }

    fn run(&mut self, command: &[&str], must: &Must) -> Result<(), Stopped> {
        let spec = self.foreign_spec();
        self.execute(Step::Run, &spec, &task(command, must.clone(), &self.recipe.services))
    }

    /// From here on commands are noted, and not run.
    pub(crate) fn rehearse(&mut self) {
        self.rehearsal = Some(Vec::new());
    }

    /// Ends the rehearsal, and gives the commands.
    pub(crate) fn rehearsed(&mut self) -> Vec<String> {
        self.rehearsal.take().unwrap_or_default()
    }

    pub(crate) fn is_rehearsal(&self) -> bool {
        self.rehearsal.is_some()
    }

    /// The working directory, inside.
    pub(crate) fn dir(&self) -> &Path {
        self.view.dir()
    }

    /// Opens a shell for a person on this terminal; gives its exit code.
    pub(crate) fn open_shell(&mut self) -> Result<i32, String> {
        let log = self.next_log();
        self.view.sandbox().shell(&self.view.for_compilers(self.limits, log))
    }

    fn foreign_spec(&mut self) -> SandboxSpec {
        let log = self.next_log();
        self.view.for_foreign(self.limits, log, &self.recipe.env)
    }

    fn next_log(&mut self) -> PathBuf {
        self.runs += 1;
        self.temp.path().join(format!("log-{}", self.runs))
    }

    fn execute(&mut self, step: Step, spec: &SandboxSpec, task: &Task) -> Result<(), Stopped> {
        if let Some(rehearsal) = &mut self.rehearsal {
            rehearsal.push(typed(step, task));
            return Ok(());
        }
        let began = Instant::now();
        let ended = self.view.sandbox().run(spec, task).map_err(|why| Stopped::infra(&why))?;
        self.memory = self.memory.max(ended.memory);
        let log = self.view.readable_log(&read(&spec.log));
        self.log.push_str(&log);
        let (outcome, note) = ending::outcome(self.limits, step, &ended.how, &log);
        tracing::debug!(step = step.name(), outcome = outcome.name(), elapsed = ?began.elapsed(), "step");
        if outcome == Outcome::Passed { Ok(()) } else { Err(Stopped { outcome, step, log, note }) }
    }
}

fn task(command: &[&str], must: Must, services: &[Service]) -> Task {
    Task { command: command.iter().map(|&part| part.to_owned()).collect(), must, services: services.to_vec() }
}

/// Writes a command as a person would type it, with what counts as success.
fn typed(step: Step, task: &Task) -> String {
    let word = |word: &String| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,".contains(c);
        if !word.is_empty() && word.chars().all(plain) { word.clone() } else { shell::quoted(word) }
    };
    let command = task.command.iter().map(word).collect::<Vec<_>>().join(" ");
    let must = match &task.must {
        Must::Exits(time) => format!("exits with 0 within {time}"),
        Must::Stays(time) => format!("is alive after {time}, or has exited with 0"),
        Must::Serves { within, .. } => format!("is ready within {within}"),
    };
    format!("{command}    # {}: {must}", step.name())
}

fn read(log: &Path) -> String {
    let mut text = Vec::new();
    if let Ok(file) = std::fs::File::open(log) {
        drop(file.take(MAX_READ).read_to_end(&mut text));
    }
    String::from_utf8_lossy(&text).into_owned()
}
