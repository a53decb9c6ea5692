//! The gates by name.

use serde::Serialize;

/// A gate's name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// Fixes only.
    Fixes,
    /// Two clocks.
    Soak,
    /// Results that others recorded.
    Checks,
    /// What depends on the project, built and run.
    Downstream,
    /// The trial merge into develop.
    MergeBack,
    /// The candidate contains stable.
    ContainsStable,
    /// Version, branch and tags are as recorded.
    Version,
    /// What users said of the candidate.
    Reports,
    /// People who approve.
    Approvals,
    /// A person's stop.
    Hold,
    /// The calendar's stop.
    Freeze,
    /// The record can be believed.
    Clock,
}

/// All gates in the order in which people read them, with their names, and whether a person can set each aside:
/// not what says that a promotion can be made at all, and not what a person can lift or strike.
const TABLE: &[(Gate, &str, bool)] = &[
    (Gate::Fixes, "fixes", true),
    (Gate::Soak, "soak", true),
    (Gate::Checks, "checks", true),
    (Gate::Downstream, "downstream", true),
    (Gate::MergeBack, "merge-back", false),
    (Gate::ContainsStable, "contains-stable", false),
    (Gate::Version, "version", false),
    (Gate::Reports, "reports", true),
    (Gate::Approvals, "approvals", true),
    (Gate::Hold, "hold", false),
    (Gate::Freeze, "freeze", true),
    (Gate::Clock, "clock", false),
];

impl Gate {
    /// Lists all gates, in the order in which people read them.
    pub fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(gate, ..)| *gate)
    }

    /// Finds a gate by the name that people type.
    pub fn find(name: &str) -> Option<Self> {
        TABLE.iter().find(|(_, known, _)| *known == name).map(|(gate, ..)| *gate)
    }

    /// Tells whether a person can set it aside.
    pub fn is_waivable(self) -> bool {
        TABLE.iter().any(|(gate, _, waivable)| *gate == self && *waivable)
    }

    /// Names the gates that a person can set aside.
    pub fn waivable() -> impl Iterator<Item = &'static str> {
        TABLE.iter().filter(|(.., waivable)| *waivable).map(|(_, name, _)| *name)
    }

    /// Gives the name that people type.
    pub fn name(self) -> &'static str {
        TABLE.iter().find(|(gate, ..)| *gate == self).map_or("", |(_, name, _)| name)
    }
}
