//! What a policy declares, and what is made of it: the jobs of an experiment.

use super::{Mode, Tier};
use crate::types::duration::Seconds;
use crate::types::object_id::CommitId;
use crate::types::version::Version;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A `[[downstream]]` of the policy: a repository that depends on the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Declared {
    /// Its name, on record and for people.
    pub name: String,
    /// Where it is: an address or a path that git can fetch from; `.` is this very repository, at the candidate.
    pub repo: Vec<String>,
    /// Which commit of it.
    pub at: At,
    /// A glob; each matching file's folder is a downstream of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// What is different for some of them, by a glob over their folders; the last match wins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<(String, Recipe)>,
    /// How it depends on the project; `None` detects it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ecosystem: Option<Ecosystem>,
    /// How it is built, tested and run.
    #[serde(default)]
    pub recipe: Recipe,
}

/// Which commit of a downstream is looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum At {
    /// The highest version tag that is not a pre-release; the default branch where there is none.
    LatestRelease,
    /// A branch, by its short name.
    Branch(String),
    /// One commit.
    Commit(CommitId),
}

/// How a downstream uses the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ecosystem {
    /// A Go module, by the module proxy protocol.
    Go,
    /// Anything with a shell: its own commands find the project in `ALLCLEAR_CANDIDATE_DIR`.
    Generic,
}

/// How a downstream is built, tested and run. What is absent is the ecosystem's default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", default)]
pub struct Recipe {
    /// Builds it, for `sh -c`; an empty text skips the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub build: Option<String>,
    /// Tests it, for `sh -c`; an empty text skips the step.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<String>,
    /// Runs it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<Run>,
    /// What runs beside it in the same sandbox, during tests and the run.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub services: Vec<Service>,
    /// Which versions of all other dependencies decide.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// How much it counts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
    /// What it may use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
    /// Variables of its environment.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, String>,
    /// A known failure, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expect_failure: Option<ExpectFailure>,
}

impl Recipe {
    /// Gives the recipe with what `over` sets.
    #[must_use]
    pub fn with(&self, over: &Self) -> Self {
        let mut env = self.env.clone();
        env.extend(over.env.clone());
        Self {
            build: over.build.clone().or_else(|| self.build.clone()),
            test: over.test.clone().or_else(|| self.test.clone()),
            run: over.run.clone().or_else(|| self.run.clone()),
            services: if over.services.is_empty() { self.services.clone() } else { over.services.clone() },
            mode: over.mode.or(self.mode),
            tier: over.tier.or(self.tier),
            limits: over.limits.or(self.limits),
            env,
            expect_failure: over.expect_failure.clone().or_else(|| self.expect_failure.clone()),
        }
    }
}

impl Declared {
    /// Gives the recipe of the folder `dir`, from the top of its repository: every override that matches in
    /// turn, over the common recipe. A glob that cannot be read matches nothing.
    pub fn recipe_of(&self, dir: &str) -> Recipe {
        let matches = |pattern: &str| {
            let glob = globset::GlobBuilder::new(pattern).literal_separator(true).build();
            glob.is_ok_and(|glob| glob.compile_matcher().is_match(dir))
        };
        let over = self.overrides.iter().filter(|(pattern, _)| matches(pattern));
        over.fold(self.recipe.clone(), |recipe, (_, over)| recipe.with(over))
    }
}

/// What running means for a program.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Run {
    /// What is run, for `sh -c`; `None` runs the programs that were built. An empty text skips the step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// What it must do.
    pub must: Must,
}

/// What a program that is run must do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Must {
    /// Be alive after this long, or have exited with 0 before; without a panic; and end when it is told to.
    Stays(Seconds),
    /// Exit with 0 by itself within this long.
    Exits(Seconds),
    /// Become ready within a time, and answer a call.
    #[serde(rename_all = "kebab-case")]
    Serves {
        /// It is ready when this TCP port of 127.0.0.1 takes a connection.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        port: Option<u16>,
        /// It is ready when a GET of this address (`http://127.0.0.1:…`) gives a status below 500.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        url: Option<String>,
        /// It is ready when it has printed this text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prints: Option<String>,
        /// What is called when it is ready, for `sh -c`; it must exit with 0.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        call: Option<String>,
        /// How long it may take to become ready.
        within: Seconds,
    },
}

/// Something that runs beside a downstream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Service {
    /// What is run, for `sh -c`.
    pub run: String,
    /// The TCP port of 127.0.0.1 by which it is ready; `None` does not wait.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
}

/// What one attempt may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Limits {
    /// How long each step may take.
    pub time: Seconds,
    /// Memory of all its processes together, in MiB.
    pub memory: u64,
    /// How many processes and threads it may have at once.
    pub processes: u64,
    /// What it may write to disk, in MiB.
    pub disk: u64,
    /// How much of what it prints is looked at, in MiB; a program that prints more is ended.
    pub output: u64,
    /// How many processors it may use.
    pub cpus: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { time: Seconds(600), memory: 4096, processes: 1024, disk: 4096, output: 64, cpus: 2 }
    }
}

/// A known failure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ExpectFailure {
    /// Why it fails.
    pub reason: String,
    /// When the expectation ends.
    pub until: Timestamp,
    /// The issue, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub issue: Option<String>,
}

/// One downstream to be built, tested and run, with everything that is known before the first attempt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Job {
    /// Its name: that of its declaration, and its folder where it is one of many.
    pub name: String,
    /// Where its repository is.
    pub repo: String,
    /// Its commit.
    pub commit: CommitId,
    /// The tag by which the commit was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<String>,
    /// Its folder from the top of the repository; empty is the top.
    pub dir: String,
    /// Whether its repository has other downstreams too, so that only its own folder is used.
    #[serde(default)]
    pub one_of_many: bool,
    /// How it uses the project.
    pub ecosystem: Ecosystem,
    /// How it is built, tested and run.
    pub recipe: Recipe,
}

impl Job {
    /// Tells how much it counts.
    pub fn tier(&self) -> Tier {
        self.recipe.tier.unwrap_or_default()
    }

    /// Tells which mode decides.
    pub fn mode(&self) -> Mode {
        self.recipe.mode.unwrap_or_default()
    }

    /// Gives its limits.
    pub fn limits(&self) -> Limits {
        self.recipe.limits.unwrap_or_default()
    }
}

/// One of the two versions of the project.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Side {
    /// Its version; a candidate is served under its final number.
    pub version: Version,
    /// Its commit in the project's own repository.
    pub commit: CommitId,
}
