//! Whether this git is new enough.

use super::observed::Prerequisites;
use crate::doctor::finding::{Finding, Part, Weight};
use allclear_core::types::text::short;

/// The oldest git whose merge is used: 2.38 began `merge-tree --write-tree`, 2.39 is tried.
const GIT: (u64, u64) = (2, 39);

pub(super) fn judge(seen: &Prerequisites) -> Finding {
    let finding =
        Finding::new(Part::Prerequisites, "git", "needs git 2.39 or newer: its merge is the reference");
    let version = seen.git.trim_start_matches("git version ").trim();
    let mut numbers = version.split(['.', ' ']).map(|n| n.parse::<u64>().ok());
    match (numbers.next().flatten(), numbers.next().flatten()) {
        (Some(major), Some(minor)) if (major, minor) >= GIT => {
            finding.weighs(Weight::Clear, format!("git {}", short(version, 30)))
        }
        (Some(_), Some(_)) => finding
            .weighs(Weight::Open, format!("git {} is too old", short(version, 30)))
            .act("install git 2.39 or newer"),
        _ => {
            finding.weighs(Weight::Unknown, format!("`{}` is no version that is known", short(&seen.git, 40)))
        }
    }
}
