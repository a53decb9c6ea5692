//! What a downstream's sandbox shows, and where.

use crate::copy::copy;
use crate::sandbox::{Sandbox, SandboxSpec};
use allclear_core::experiment::{Job, Limits};
use allclear_host::TempDir;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// The copy of the downstream, inside.
const WORK: &str = "/work";

/// What a downstream's sandbox shows, and where. Methods that show something give its path inside.
#[derive(Debug)]
pub(crate) struct View<'a> {
    sandbox: &'a Sandbox,
    readable: Vec<(PathBuf, PathBuf)>,
    writable: Vec<(PathBuf, PathBuf)>,
    env: BTreeMap<String, String>,
    /// Compilers may write them, and foreign code may read them.
    compiler_caches: Vec<(PathBuf, PathBuf)>,
    compiler_env: BTreeMap<String, String>,
    foreign_env: BTreeMap<String, String>,
    /// Folders inside whose names are left out of logs.
    unnamed: Vec<String>,
    /// The top of the downstream's copy, inside.
    top: PathBuf,
    dir: PathBuf,
}

impl<'a> View<'a> {
    /// Shows a copy of the downstream that it may write to: all of it, or, for one of many, only its own folder
    /// between the others, which are read-only.
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

    /// The path inside of something that is shown already, or need not be.
    pub(crate) fn path_inside(&self, outside: &Path, inside: &str) -> PathBuf {
        self.sandbox.path_inside(outside, Path::new(inside))
    }

    pub(crate) fn read(&mut self, outside: &Path, inside: &str) -> PathBuf {
        let inside = self.path_inside(outside, inside);
        self.readable.push((outside.to_path_buf(), inside.clone()));
        inside
    }

    /// Shows something at its own path.
    pub(crate) fn read_in_place(&mut self, path: &Path) {
        self.readable.push((path.to_path_buf(), path.to_path_buf()));
    }

    pub(crate) fn write(&mut self, outside: &Path, inside: &str) -> PathBuf {
        let inside = self.path_inside(outside, inside);
        self.writable.push((outside.to_path_buf(), inside.clone()));
        inside
    }

    /// Shows a cache that compilers may write, and foreign code may only read.
    pub(crate) fn compiler_cache(&mut self, outside: &Path, inside: &str) -> PathBuf {
        let inside = self.path_inside(outside, inside);
        self.compiler_caches.push((outside.to_path_buf(), inside.clone()));
        inside
    }

    pub(crate) fn set(&mut self, name: &str, value: impl Into<String>) {
        self.env.insert(name.to_owned(), value.into());
    }

    pub(crate) fn set_for_compilers(&mut self, name: &str, value: impl Into<String>) {
        self.compiler_env.insert(name.to_owned(), value.into());
    }

    /// Sets a variable for foreign code, unless the recipe sets it.
    pub(crate) fn set_for_foreign(&mut self, name: &str, value: impl Into<String>) {
        self.foreign_env.insert(name.to_owned(), value.into());
    }

    pub(crate) fn leave_out(&mut self, folder: &str) {
        self.unnamed.push(format!("{folder}/"));
    }

    /// The command that calls the lab's helper, inside.
    pub(crate) fn helper(&self) -> Vec<std::ffi::OsString> {
        self.sandbox.helper()
    }

    pub(crate) fn work_in(&mut self, dir: &str) {
        self.dir = if dir.is_empty() { self.top.clone() } else { self.top.join(dir) };
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn sandbox(&self) -> &'a Sandbox {
        self.sandbox
    }

    /// Replaces paths inside by what they are outside.
    pub(crate) fn readable_log(&self, log: &str) -> String {
        let work = format!("{WORK}/");
        let unnamed = self.unnamed.iter().chain([&work]);
        unnamed.fold(log.to_owned(), |log, folder| log.replace(folder, ""))
    }

    pub(crate) fn for_compilers(&self, limits: Limits, log: PathBuf) -> SandboxSpec {
        let mut spec = self.spec(limits, log);
        spec.caches.extend(self.compiler_caches.iter().cloned());
        spec.env.extend(self.compiler_env.clone());
        spec
    }

    /// What the recipe sets is not overridden.
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
            limits,
            log,
        }
    }
}
