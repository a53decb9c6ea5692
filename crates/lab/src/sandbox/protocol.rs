//! What the lab and its helper inside a sandbox say to each other: an order, and an answer, a line of JSON each.

use super::spec::{Ended, Task};
use allclear_core::lab::{Limits, Must, Service};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// What the helper is to do. It comes on standard input, which stays open as long as somebody wants the answer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) command: Vec<String>,
    pub(crate) must: Must,
    pub(crate) services: Vec<Service>,
    pub(crate) env: BTreeMap<String, String>,
    pub(crate) dir: PathBuf,
    pub(crate) limits: Limits,
    /// Small file systems of the sandbox's own, to be watched for being full.
    pub(crate) scratch: Vec<PathBuf>,
    /// Whether the helper itself keeps memory and processes within the limits.
    pub(crate) counts: bool,
    /// Whether the processes are in a namespace of their own.
    pub(crate) apart: bool,
}

impl Order {
    pub(crate) fn new(task: &Task, env: BTreeMap<String, String>, dir: PathBuf, limits: Limits) -> Self {
        let Task { command, must, services } = task.clone();
        Self { command, must, services, env, dir, limits, scratch: Vec::new(), counts: false, apart: false }
    }
}

/// What the helper says in the end, on standard output. Standard error has what was printed.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// It ended.
    Ended(Ended),
    /// It could not be started: the lab's own trouble.
    Trouble(String),
}
