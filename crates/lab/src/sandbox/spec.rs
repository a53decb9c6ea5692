//! What a sandbox shows and allows, what runs in it, and how that ended.

use allclear_core::experiment::{Limits, Must, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What a sandbox shows and what it allows.
#[derive(Debug, Clone)]
pub struct SandboxSpec {
    /// What can be read: (outside, inside).
    pub readable: Vec<(PathBuf, PathBuf)>,
    /// What can be read and written: (outside, inside). One may lie inside another, or inside something readable.
    pub writable: Vec<(PathBuf, PathBuf)>,
    /// What can be written as well and does not count against the disk limit: caches that compilers share.
    pub caches: Vec<(PathBuf, PathBuf)>,
    /// The environment, in addition to what every sandbox has: `CI`, `HOME`, `LANG`, `PATH`, `SOURCE_DATE_EPOCH`, `TMPDIR`, `TZ` and `USER`.
    pub env: BTreeMap<String, String>,
    /// The working directory, inside.
    pub dir: PathBuf,
    /// Whether it has this machine's network, with everything that listens on its loopback: for fetching, where no foreign
    /// code runs. Without, it has a loopback of its own and nothing else.
    pub network: bool,
    /// The limits, already scaled.
    pub limits: Limits,
    /// The file outside that keeps the output: the first and the last 256 KiB of it.
    pub log: PathBuf,
}

/// What is run in a sandbox.
#[derive(Debug, Clone)]
pub struct Task {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What counts as success.
    pub must: Must,
    /// What is started before it and runs beside it.
    pub services: Vec<Service>,
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// In which way.
    pub how: How,
    /// How long the command ran, in milliseconds.
    pub millis: u64,
    /// The peak memory of all its processes together, in MiB; 0 where that is not known.
    pub memory: u64,
    /// The size of its output, in bytes.
    pub printed: u64,
}

/// The ways in which a task ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It succeeded.
    Done,
    /// It exited with this code, which is not a success.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It was ended because its time was up.
    TimedOut,
    /// It used more memory than it may.
    OutOfMemory,
    /// It wrote more than it may, or the disk is full.
    NoSpace,
    /// It printed more than it may.
    TooMuchOutput,
    /// It had to serve and was not ready in time, or its call failed: why.
    NotReady(String),
    /// It succeeded, and did not end within 5 s of SIGTERM.
    IgnoredSigterm,
    /// A service that has to run beside it did not start: why.
    ServiceFailed(String),
}
