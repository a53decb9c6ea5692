//! The terms of an experiment: its arms, its steps, how an attempt ends, and how two arms compare.

use serde::{Deserialize, Serialize};

/// Which of two versions of the project a downstream is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Arm {
    /// What is to be released.
    Candidate,
    /// The last release.
    Baseline,
}

/// Which versions of all other dependencies a downstream is built with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mode {
    /// What a new user gets today. It decides.
    #[default]
    Fresh,
    /// What the downstream has pinned, with nothing but the project's own version changed. It tells the cause.
    Locked,
}

/// How much a downstream counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// A confirmed regression blocks.
    Must,
    /// A confirmed regression is advice. New downstreams start here.
    #[default]
    Should,
}

/// A stage of an attempt, in order: it is better to fail at a later one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The resolver was asked for the version, and everything was fetched. No code of the downstream runs.
    Prepare,
    /// It compiles.
    Build,
    /// Its tests pass.
    Test,
    /// It runs.
    Run,
}

impl Step {
    /// Gives its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Prepare => "prepare",
            Self::Build => "build",
            Self::Test => "test",
            Self::Run => "run",
        }
    }
}

/// How one attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It was built, tested and run with the version that was meant, and did what it should.
    Passed,
    /// It does not compile.
    FailedBuild,
    /// A test fails.
    FailedTest,
    /// It does not run: it exits with a failure, panics, or does not serve.
    FailedRun,
    /// It took longer than its limit.
    TimedOut,
    /// It took more memory than its limit.
    OutOfMemory,
    /// It filled its disk.
    NoSpace,
    /// It needs a network, which the sandbox does not have.
    Network,
    /// The lab itself failed.
    Infra,
    /// It cannot be made ready: a tool, a toolchain or a dependency is missing, or the resolver found no answer.
    Unprepared,
    /// Another version was built than the one to be tried: neither a pass nor a failure.
    NotInjected,
    /// Nothing to try: it does not use the project, or uses another major version.
    Skipped,
}

impl Outcome {
    /// Gives its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::FailedBuild => "failed-build",
            Self::FailedTest => "failed-test",
            Self::FailedRun => "failed-run",
            Self::TimedOut => "timed-out",
            Self::OutOfMemory => "out-of-memory",
            Self::NoSpace => "no-space",
            Self::Network => "network",
            Self::Infra => "infra",
            Self::Unprepared => "unprepared",
            Self::NotInjected => "not-injected",
            Self::Skipped => "skipped",
        }
    }

    /// Gives the failure of a step.
    pub fn failed(step: Step) -> Self {
        match step {
            Step::Prepare => Self::Unprepared,
            Step::Build => Self::FailedBuild,
            Step::Test => Self::FailedTest,
            Step::Run => Self::FailedRun,
        }
    }
}

/// How the arms of one downstream compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Comparison {
    /// Confirmed: it works with the baseline and not with the candidate, or fails at an earlier step.
    Regressed,
    /// It fails with the candidate, and chance is not ruled out.
    Suspect,
    /// It was expected to fail, and passed.
    UnexpectedPass,
    /// The candidate was not tried, or nothing could be tried.
    Unchecked,
    /// It fails with both, and differently.
    FailingDifferently,
    /// It fails now and then, with both or by chance.
    Flaky,
    /// It fails with both in the same way.
    StillFailing,
    /// It fails as it is expected to.
    ExpectedFailure,
    /// The candidate is not meant for it, as with a new major version.
    NotApplicable,
    /// It failed with the baseline and works with the candidate.
    Fixed,
    /// It works.
    Ok,
}

impl Comparison {
    /// Gives its name, as in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Regressed => "regressed",
            Self::Suspect => "suspect",
            Self::UnexpectedPass => "unexpected-pass",
            Self::Unchecked => "unchecked",
            Self::FailingDifferently => "failing-differently",
            Self::Flaky => "flaky",
            Self::StillFailing => "still-failing",
            Self::ExpectedFailure => "expected-failure",
            Self::NotApplicable => "not-applicable",
            Self::Fixed => "fixed",
            Self::Ok => "ok",
        }
    }

    /// Tells whether nobody has to look at it.
    pub fn is_good(self) -> bool {
        matches!(self, Self::Ok | Self::Fixed | Self::ExpectedFailure | Self::NotApplicable)
    }

    /// Tells whether it says something about the candidate; `None` where it leaves the sum, because it can say
    /// nothing about any candidate.
    pub fn is_conclusive(self) -> Option<bool> {
        match self {
            Self::Ok
            | Self::Fixed
            | Self::Regressed
            | Self::Flaky
            | Self::ExpectedFailure
            | Self::UnexpectedPass => Some(true),
            Self::Suspect | Self::Unchecked => Some(false),
            Self::StillFailing | Self::FailingDifferently | Self::NotApplicable => None,
        }
    }
}
