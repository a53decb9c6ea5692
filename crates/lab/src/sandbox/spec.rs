//! What is put into a sandbox, and what comes out of it.

use allclear_core::lab::{Limits, Must, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// One sandbox: what is in it and what it may use.
#[derive(Debug, Clone)]
pub struct Cell {
    /// What can be read: (outside, inside).
    pub reads: Vec<(PathBuf, PathBuf)>,
    /// What can be read and written: (outside, inside). One may lie inside another, or inside something that can be read.
    pub writes: Vec<(PathBuf, PathBuf)>,
    /// What can be written as well and is not counted against the disk: caches that compilers share.
    pub shared: Vec<(PathBuf, PathBuf)>,
    /// The environment, beside what every cell has: `CI`, `HOME`, `LANG`, `PATH`, `SOURCE_DATE_EPOCH`, `TMPDIR`, `TZ` and `USER`.
    pub env: BTreeMap<String, String>,
    /// The directory it starts in, inside.
    pub dir: PathBuf,
    /// Whether it has the network of this machine, with all that listens on its loopback: for fetching, where no foreign
    /// code runs. Without, it has a loopback of its own and nothing else.
    pub network: bool,
    /// What it may use, already scaled.
    pub limits: Limits,
    /// Where what it prints is kept, outside: the first and the last 256 KiB.
    pub log: PathBuf,
}

/// What is run in a sandbox.
#[derive(Debug, Clone)]
pub struct Task {
    /// The program and its arguments.
    pub command: Vec<String>,
    /// What it must do.
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
    /// The most memory that all had at once, in MiB; 0 where that is not known.
    pub memory: u64,
    /// How much was printed, in bytes.
    pub printed: u64,
}

/// The ways in which a task ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// It did what it must.
    Done,
    /// It exited with this code, which is not what it must.
    Exited(i32),
    /// This signal ended it.
    Signalled(i32),
    /// It was ended when its time was up.
    TimedOut,
    /// It had more memory than it may.
    OutOfMemory,
    /// It wrote more than it may, or the disk is full.
    NoSpace,
    /// It printed more than it may.
    TooMuchOutput,
    /// It was to serve and was not ready in time, or its call failed: why.
    NotReady(String),
    /// It did what it must, and did not end within 5 s when it was told to.
    Stubborn,
    /// What was to run beside it did not start: why.
    ServiceFailed(String),
}
