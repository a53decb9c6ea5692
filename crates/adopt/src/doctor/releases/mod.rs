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

use crate::doctor::finding::{Finding, Judgement, Part, Weight};
use allclear_core::CommitId;
use std::collections::BTreeSet;

type Judge = fn(&Past) -> Judgement;

/// The findings, in the order of the screen: name, what allclear does about it, and who judges it.
const FINDINGS: [(&str, &str, Judge); 10] = [
    ("soak", "measures each soak, and refuses to promote before it ends", soak::judge),
    (
        "early patches",
        "keeps a promotion blocked while a check, a fix or a person objects",
        patched_soon::judge,
    ),
    ("merge-back", "merges each release back to develop in the push that publishes it", merge_back::judge),
    ("squash or rebase", "merges, so that the released commits are develop's own", squash_or_rebase::judge),
    ("rewritten", "never rewinds a branch; each push names the value that it expects", rewritten::judge),
    (
        "unmerged fixes",
        "merges the candidate back and deletes its branch as it is released",
        left_behind::judge,
    ),
    ("version files", "sets the version at the cut, so that tag and files agree", version_files::judge),
    ("moved tags", "never moves a published tag, and reports anybody who does", moved_tags::judge),
    (
        "lightweight tags",
        "makes annotated tags: who, when, signed where a key is set",
        lightweight_tags::judge,
    ),
    ("duplicate rcs", "counts an rc once: a head that is an rc is not numbered again", doubled_rcs::judge),
];

/// Findings that need the whole history: what is cut off may hold what seems to be missing.
const NEED_THE_WHOLE_HISTORY: [&str; 3] = ["merge-back", "squash or rebase", "unmerged fixes"];

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
    let findings = FINDINGS.iter().map(|(name, allclear, judge)| judge(past).of(Part::Past, name, allclear));
    let mut findings: Vec<Finding> = findings.collect();
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
