//! The settings of the gates.

use crate::types::duration::Seconds;
use crate::types::gate::for_each_gate;
use serde::{Deserialize, Serialize};

macro_rules! gates {
    ($(
        $(#[$doc:meta])*
        $gate:ident, $field:ident, $name:literal, place $place:literal, waivable $waivable:literal,
        $settings:ident $(or $default:ident)?;
    )*) => {
        /// The settings of all gates.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub struct Gates {
            $(
                $(#[$doc])*
                $(#[serde($default, skip_serializing_if = "is_default")])?
                pub $field: $settings,
            )*
        }
    };
}
for_each_gate!(gates);

/// Left out of a frozen policy, so that policies frozen before the key existed keep their digest.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// A gate without settings of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlainGate {
    /// Whether it counts; otherwise it is shown as advice.
    pub enforce: bool,
}

impl Default for PlainGate {
    fn default() -> Self {
        Self { enforce: true }
    }
}

/// The two soak clocks; both must be served.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct SoakGate {
    /// Whether it counts.
    pub enforce: bool,
    /// From the cut.
    #[serde(rename = "for")]
    pub length: Seconds,
    /// From the last rc.
    pub after_fix: AfterFix,
}

/// What a fix does to the soak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AfterFix {
    /// The last rc must have soaked this long.
    Serve(Seconds),
    /// The whole soak begins again.
    Restart,
}

/// Required checks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChecksGate {
    /// Whether it counts.
    pub enforce: bool,
    /// The checks that must have passed for the rc's commit.
    pub required: Vec<RequiredCheck>,
}

/// One required check.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RequiredCheck {
    /// The name it is recorded under.
    pub name: String,
    /// Where present, it must keep passing.
    pub beat: Option<Beat>,
}

/// A check that must keep passing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Beat {
    /// For how long without a failed or missing beat.
    #[serde(rename = "for")]
    pub length: Seconds,
    /// The longest silence between two passes.
    pub at_least_every: Seconds,
}

/// What users said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ReportsGate {
    /// Whether it counts.
    pub enforce: bool,
    /// How many people must have said that this very rc works for them.
    pub min_good: u32,
    /// How long a bad report waits for somebody to look at it before it blocks.
    pub triage: Seconds,
}

impl Default for ReportsGate {
    fn default() -> Self {
        Self { enforce: true, min_good: 0, triage: Seconds(48 * 3600) }
    }
}

/// People who approve.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ApprovalsGate {
    /// Whether it counts.
    pub enforce: bool,
    /// How many must have approved this very commit.
    pub count: u32,
    /// Names or addresses of those whose approval counts; empty is anybody's.
    pub from: Vec<String>,
    /// Whose approval does not count.
    pub not: NotThese,
}

impl Default for ApprovalsGate {
    fn default() -> Self {
        Self { enforce: true, count: 0, from: Vec::new(), not: NotThese::Authors }
    }
}

/// Whose approval does not count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotThese {
    /// That of the authors of the candidate's commits.
    Authors,
    /// Everybody's counts.
    Nobody,
}

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
