//! How an attempt at an after-step ended.

use serde::{Deserialize, Serialize};

/// How it is known that a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DoneBy {
    /// The probe found it done before anything was run.
    Probed,
    /// It was run.
    Ran,
    /// A person said so.
    Told,
}

/// Why a step is not known to be done after an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StepFailure {
    /// The run failed.
    Failed,
    /// The run succeeded, but the probe does not confirm it.
    Unconfirmed,
    /// The probe cannot tell, and nothing was run.
    Unclear,
    /// The run was ended, and there is no probe.
    Lost,
}
