//! What went wrong with the last releases: one file for each finding.

mod doubled_rcs;
mod left_behind;
mod lightweight_tags;
mod merge_back;
mod moved_tags;
mod past;
mod patched_soon;
mod rewritten;
mod soak;
mod squash_or_rebase;
mod version_files;

pub use past::{Past, Tip, Wanted};

use crate::doctor::finding::{Finding, Weight};
use allclear_core::CommitId;
use std::collections::BTreeSet;

/// The findings, in the order of the screen.
const FINDINGS: [fn(&Past) -> Finding; 10] = [
    soak::judge,
    patched_soon::judge,
    merge_back::judge,
    squash_or_rebase::judge,
    rewritten::judge,
    left_behind::judge,
    version_files::judge,
    moved_tags::judge,
    lightweight_tags::judge,
    doubled_rcs::judge,
];

/// Findings that need the whole history: what is cut off may hold what seems to be missing.
const NEED_THE_WHOLE_HISTORY: [&str; 3] = ["merge-back", "squash or rebase", "left behind"];

/// Names what has to be read before all can be judged. Reads tags, branches and commits alone.
pub fn wanted(past: &Past) -> Wanted {
    let mut patches: BTreeSet<CommitId> = squash_or_rebase::wanted(past).into_iter().collect();
    let left = left_behind::wanted(past);
    patches.extend(left.patches);
    let mut subjects: BTreeSet<CommitId> = left.subjects.into_iter().collect();
    subjects.extend(past.tags.last().iter().map(|r| r.commit.clone()));
    Wanted { patches: patches.into_iter().collect(), subjects: subjects.into_iter().collect() }
}

pub fn tips(past: &Past) -> Vec<CommitId> {
    let branches = past.stable.iter().chain(&past.develop).chain(past.lines.iter().map(|(tip, _)| tip));
    let tags = past.tags.releases.iter().map(|r| &r.commit).chain(past.tags.rcs.iter().map(|r| &r.commit));
    let tips: BTreeSet<&CommitId> = branches.map(|b| &b.commit).chain(tags).collect();
    tips.into_iter().cloned().collect()
}

pub fn releases(past: &Past) -> Vec<Finding> {
    let mut findings: Vec<Finding> = FINDINGS.iter().map(|judge| judge(past)).collect();
    for finding in findings.iter_mut().filter(|f| past.shallow && NEED_THE_WHOLE_HISTORY.contains(&f.name)) {
        // That develop contains stable is certain however little is there.
        let certain = finding.name == "merge-back" && finding.weight == Weight::Clear;
        if matches!(finding.weight, Weight::Open | Weight::Clear) && !certain {
            finding.weight = Weight::Unknown;
            finding.summary =
                format!("not known, the clone is shallow; as far as it goes, {}", finding.summary);
            finding.act = None;
        }
    }
    findings
}
