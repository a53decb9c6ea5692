//! `gates.downstream` and `[[check]]`: what the lab looks at, and how strictly.

use crate::experiment::Limits;
use serde::{Deserialize, Serialize};

/// What depends on the project is built and run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct DownstreamGate {
    /// Whether it counts.
    pub enforce: bool,
    /// How much of what should have answered must have, in percent.
    pub coverage: u32,
    /// Where foreign code may run.
    pub sandbox: Sandbox,
}

impl Default for DownstreamGate {
    fn default() -> Self {
        Self { enforce: true, coverage: 95, sandbox: Sandbox::Required }
    }
}

/// Where foreign code may run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sandbox {
    /// In a sandbox and nowhere else.
    Required,
    /// Also without one, on a machine that is thrown away afterwards.
    None,
}

/// A `[[check]]` of the policy: the project's own integration tests, run in the lab on the candidate's tree.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LabCheck {
    /// The name it is recorded under.
    pub name: String,
    /// What is run, for `sh -c`, at the top of the tree.
    pub run: String,
    /// What it may use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limits: Option<Limits>,
}
