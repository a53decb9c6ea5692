//! What a sandbox shows and allows, what runs in it, and how that ended.

use allclear_core::experiment::{Limits, Must, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

#[derive(Debug, Clone)]
pub struct SandboxSpec {
    /// (outside, inside).
    pub readable: Vec<(PathBuf, PathBuf)>,
    /// (outside, inside). One may lie inside another, or inside something readable.
    pub writable: Vec<(PathBuf, PathBuf)>,
    /// Also writable, but not counted against the disk limit: caches that compilers share.
    pub caches: Vec<(PathBuf, PathBuf)>,
    /// In addition to what every sandbox has: `CI`, `HOME`, `LANG`, `PATH`, `SOURCE_DATE_EPOCH`, `TMPDIR`, `TZ`
    /// and `USER`.
    pub env: BTreeMap<String, String>,
    /// The working directory, inside.
    pub dir: PathBuf,
    /// Already scaled.
    pub limits: Limits,
    /// The file outside that keeps the first and the last 256 KiB of the output.
    pub log: PathBuf,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Task {
    pub command: Vec<String>,
    /// What counts as success.
    pub must: Must,
    /// What runs beside it.
    pub services: Vec<Service>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    pub how: How,
    /// How long the command ran, in milliseconds.
    pub millis: u64,
    /// The peak memory of all processes together, in MiB; 0 if not known.
    pub memory: u64,
    /// The size of the output, in bytes.
    pub printed: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It succeeded.
    Done,
    /// With this code, which is not a success.
    Exited(i32),
    Signalled(i32),
    TimedOut,
    OutOfMemory,
    /// It wrote more than allowed, or the disk is full.
    NoSpace,
    TooMuchOutput,
    /// It had to serve and was not ready in time, or its call failed: why.
    NotReady(String),
    /// It succeeded, but did not end within 5 s of SIGTERM.
    IgnoredSigterm,
    /// A service beside it did not start: why.
    ServiceFailed(String),
}
