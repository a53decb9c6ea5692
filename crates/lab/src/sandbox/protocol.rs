//! The protocol between the lab and its helper inside a sandbox: one request and one response, a line of JSON
//! each.

use super::spec::{Ended, Task};
use allclear_core::experiment::Limits;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;

/// What the helper has to run. It comes on standard input, which stays open while the lab waits for the
/// response.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    pub(super) task: Task,
    pub(super) env: BTreeMap<String, String>,
    pub(super) dir: PathBuf,
    pub(super) limits: Limits,
    /// Small file systems of the sandbox's own, to be watched for being full.
    pub(super) scratch: Vec<PathBuf>,
    /// Whether the helper has to enforce the limits of memory and processes.
    pub(super) enforces_limits: bool,
    /// Whether the processes have a namespace of their own.
    pub(super) own_namespace: bool,
}

/// What the helper says at the end, on standard output. What the task prints goes to standard error.
#[derive(Debug, Serialize, Deserialize)]
pub(super) enum Response {
    Ended(Ended),
    /// The task could not be started, for a reason of the lab's own.
    LabFailed(String),
}

impl Response {
    pub(super) fn send(&self) -> io::Result<()> {
        let line = serde_json::to_string(self).expect("a response is plain data");
        writeln!(io::stdout().lock(), "{line}")
    }
}
