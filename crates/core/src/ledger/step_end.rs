//! How a try at an after-step ended.

use serde::{Deserialize, Serialize};

/// How it is known that a step is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum By {
    /// The probe said so before anything was run.
    Probed,
    /// It was run.
    Ran,
    /// A person said so.
    Told,
}

/// How a try ended that did not end well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ill {
    /// The run failed.
    Failed,
    /// The run ended well, and the probe does not say so.
    Unconfirmed,
    /// The probe cannot tell, and nothing was run.
    Unclear,
    /// The run was ended, and there is no probe.
    Lost,
}
