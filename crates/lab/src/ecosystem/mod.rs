//! Ecosystems: one folder or file each, and one line in [`table`].
//!
//! An ecosystem knows how its projects are recognised, how a version of the project is packed and served, how
//! its resolver is asked and what proves the answer, and which commands build, test and run a downstream. The
//! rest is the same for all: [`crate::overlay`] serves registries as of the cut-off, [`crate::attempt`] runs
//! the steps in a sandbox, [`tool`] runs a resolver as the caller, and [`resolution`] proves what it chose. The
//! executor puts them together.

mod context;
mod files;
mod generic;
pub mod go;
mod resolution;
pub(crate) mod table;
mod tool;

pub use context::Surroundings;

pub(crate) use context::Context;
pub(crate) use files::{Files, file_name, folder};
pub(crate) use resolution::Resolution;

use crate::attempt::runner::Runner;
use crate::attempt::stopped::Stopped;
use crate::attempt::view::View;
use allclear_core::experiment::{Declared, Job, Mode, Proof, Side, Tests};
use allclear_host::TempDir;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

/// An ecosystem on this machine. It lives as long as the executor.
pub(crate) trait Ecosystem: Send + Sync {
    /// Names of manifests. A tree with one of them belongs to this ecosystem unless the policy says otherwise,
    /// and a folder selected by one is tried whole. Without any names, every tree can belong to it.
    fn manifests(&self) -> &'static [&'static str];

    /// Finds what to try in a tree, unless the policy says so.
    fn targets(&self, declared: &Declared, tree: &Path, files: &Files) -> Vec<Target>;

    /// Everything about the toolchain that decides how an attempt ends: part of the cache key.
    fn toolchain(&self, context: &Context<'_>) -> Result<String, String>;

    /// Packs a version of the project, and serves it until the value is dropped.
    fn serve(&self, context: &Context<'_>, side: &Side) -> Result<Box<dyn Served>, String>;

    /// Runs a helper that the ecosystem calls inside a sandbox; `None` if the words name none of its helpers.
    fn helper(&self, _words: &[OsString]) -> Option<ExitCode> {
        None
    }
}

/// Something to try in a downstream's repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    /// From the top of the repository; empty for the top itself.
    pub(crate) dir: String,
    /// Whether it is one program of many, so that only its own folder is tried.
    pub(crate) one_of_many: bool,
}

/// A version of the project, as downstreams of an ecosystem get it.
pub(crate) trait Served: Send + Sync {
    /// The digest of everything served of this version: part of the cache key.
    fn content(&self) -> &str;

    /// The digest by which a downstream proves what it was built with.
    fn hash(&self) -> &str;

    /// Asks the resolver for this version, fetches everything and proves what was resolved. Nothing of the
    /// downstream is run, and its tree is only read.
    fn prepare<'a>(
        &'a self,
        context: &Context<'_>,
        downstream: &Downstream<'a>,
    ) -> Result<Box<dyn Prepared + 'a>, Stopped>;
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Downstream<'a> {
    pub(crate) job: &'a Job,
    /// Which versions everything else has.
    pub(crate) mode: Mode,
    /// The version of the project.
    pub(crate) side: &'a Side,
    /// The files of its commit, read-only.
    pub(crate) tree: &'a Path,
    /// The attempt's own directory.
    pub(crate) temp: &'a TempDir,
}

/// A downstream that can be built.
pub(crate) trait Prepared {
    fn resolution(&self) -> &Resolution;

    /// The folder in which its commands run, from the top of the repository.
    fn dir(&self) -> &str;

    /// Shows in the sandbox what it is built with.
    fn show(&self, view: &mut View<'_>) -> Result<(), Stopped>;

    fn run(&self, runner: &mut Runner<'_>) -> Finished;
}

#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) ended: Result<(), Stopped>,
    /// What its steps proved, in place of what its resolver proved.
    pub(crate) proof: Option<Proof>,
    pub(crate) tests: Option<Tests>,
}
