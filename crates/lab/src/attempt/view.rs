//! What a downstream's sandbox shows, and where.

use crate::copy::copy;
use crate::sandbox::{Sandbox, SandboxSpec};
use allclear_core::experiment::{Job, Limits};
use allclear_host::TempDir;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Where the copy of the downstream is, inside.
const WORK: &str = "/work";

/// What a downstream's sandbox shows, and where. Each method that shows something gives its path inside.
#[derive(Debug)]
pub(crate) struct View<'a> {
    sandbox: &'a Sandbox,
    readable: Vec<(PathBuf, PathBuf)>,
    writable: Vec<(PathBuf, PathBuf)>,
    env: BTreeMap<String, String>,
    /// Written by compilers, only read by what they compiled.
    compiler_caches: Vec<(PathBuf, PathBuf)>,
    compiler_env: BTreeMap<String, String>,
    foreign_env: BTreeMap<String, String>,
    /// Folders inside that mean nothing to people: logs leave them out.
    unnamed: Vec<String>,
    /// The top of the downstream's copy, inside.
    top: PathBuf,
    /// The working directory, inside.
    dir: PathBuf,
}

impl<'a> View<'a> {
    /// Shows a copy of the downstream that it may write to: all of it, or its own folder where it is one of
    /// many, between the others as they are.
    pub(crate) fn of(sandbox: &'a Sandbox, job: &Job, tree: &Path, temp: &TempDir) -> std::io::Result<Self> {
        let work = temp.dir("work")?;
        let top = sandbox.path_inside(&work, Path::new(WORK));
        let mut view = Self {
            sandbox,
            readable: Vec::new(),
            writable: Vec::new(),
            env: BTreeMap::new(),
            compiler_caches: Vec::new(),
            compiler_env: BTreeMap::new(),
            foreign_env: BTreeMap::new(),
            unnamed: Vec::new(),
            dir: top.clone(),
            top,
        };
        if job.one_of_many && view.top != work && !job.dir.is_empty() {
            copy(&tree.join(&job.dir), &work)?;
            view.readable.push((tree.to_path_buf(), view.top.clone()));
            view.writable.push((work, view.top.join(&job.dir)));
        } else {
            copy(tree, &work)?;
            view.writable.push((work, view.top.clone()));
        }
        Ok(view)
    }

    /// Gives the path inside of something that is shown already, or that nothing outside has to see.
    pub(crate) fn path_inside(&self, outside: &Path, inside: &str) -> PathBuf {
        self.sandbox.path_inside(outside, Path::new(inside))
    }

    /// Shows something that can be read.
    pub(crate) fn read(&mut self, outside: &Path, inside: &str) -> PathBuf {
        let inside = self.path_inside(outside, inside);
        self.readable.push((outside.to_path_buf(), inside.clone()));
        inside
    }

    /// Shows something where it is outside.
    pub(crate) fn read_in_place(&mut self, path: &Path) {
        self.readable.push((path.to_path_buf(), path.to_path_buf()));
    }

    /// Shows something that can be written by whatever runs.
    pub(crate) fn write(&mut self, outside: &Path, inside: &str) -> PathBuf {
        let inside = self.path_inside(outside, inside);
        self.writable.push((outside.to_path_buf(), inside.clone()));
        inside
    }

    /// Shows a cache that compilers write, and that what they compiled can only read.
    pub(crate) fn compiler_cache(&mut self, outside: &Path, inside: &str) -> PathBuf {
        let inside = self.path_inside(outside, inside);
        self.compiler_caches.push((outside.to_path_buf(), inside.clone()));
        inside
    }

    /// Sets a variable for everything.
    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.env.insert(name.to_owned(), value.into());
    }

    /// Sets a variable for compilers.
    pub(crate) fn set_for_compilers(&mut self, name: &str, value: impl Into<String>) {
        self.compiler_env.insert(name.to_owned(), value.into());
    }

    /// Sets a variable for foreign code, unless the recipe sets it.
    pub(crate) fn set_for_foreign(&mut self, name: &str, value: impl Into<String>) {
        self.foreign_env.insert(name.to_owned(), value.into());
    }

    /// Leaves the name of a folder inside out of logs.
    pub(crate) fn leave_out(&mut self, folder: &str) {
        self.unnamed.push(format!("{folder}/"));
    }

    /// Gives the command that calls the lab's helper inside.
    pub(crate) fn helper(&self) -> Vec<std::ffi::OsString> {
        self.sandbox.helper()
    }

    /// Makes a folder of the downstream the working directory.
    pub(crate) fn work_in(&mut self, dir: &str) {
        self.dir = if dir.is_empty() { self.top.clone() } else { self.top.join(dir) };
    }

    /// Gives the working directory, inside.
    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Gives the sandbox.
    pub(crate) fn sandbox(&self) -> &'a Sandbox {
        self.sandbox
    }

    /// Gives a log as it would read outside.
    pub(crate) fn readable_log(&self, log: &str) -> String {
        let work = format!("{WORK}/");
        let unnamed = self.unnamed.iter().chain([&work]);
        unnamed.fold(log.to_owned(), |log, folder| log.replace(folder, ""))
    }

    /// Gives the sandbox of a compiler.
    pub(crate) fn for_compilers(&self, limits: Limits, log: PathBuf) -> SandboxSpec {
        let mut spec = self.spec(limits, log);
        spec.caches.extend(self.compiler_caches.iter().cloned());
        spec.env.extend(self.compiler_env.clone());
        spec
    }

    /// Gives the sandbox of foreign code. What the recipe sets stays as it is.
    pub(crate) fn for_foreign(
        &self,
        limits: Limits,
        log: PathBuf,
        recipe: &BTreeMap<String, String>,
    ) -> SandboxSpec {
        let mut spec = self.spec(limits, log);
        spec.readable.extend(self.compiler_caches.iter().cloned());
        let env = self.foreign_env.iter().map(|(name, value)| (name.clone(), value.clone()));
        spec.env.extend(env.filter(|(name, _)| !recipe.contains_key(name)));
        spec
    }

    fn spec(&self, limits: Limits, log: PathBuf) -> SandboxSpec {
        SandboxSpec {
            readable: self.readable.clone(),
            writable: self.writable.clone(),
            caches: Vec::new(),
            env: self.env.clone(),
            dir: self.dir.clone(),
            network: false,
            limits,
            log,
        }
    }
}
