//! `[[check]]`: the project's own tests.

use crate::experiment::Limits;
use serde::{Deserialize, Serialize};

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
