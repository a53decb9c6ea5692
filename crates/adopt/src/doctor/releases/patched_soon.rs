//! Releases that a patch followed within a week.

use super::past::{Past, WEEK};
use crate::doctor::date::day;
use crate::doctor::finding::{Evidence, Judgement};
use allclear_core::Seconds;
use allclear_core::types::text::short;

pub(super) fn judge(past: &Past) -> Judgement {
    let last = past.tags.last();
    if last.is_empty() {
        return Judgement::not_applicable("no release");
    }
    let mut soon: Vec<Evidence> = Vec::new();
    for patch in last.iter().filter(|r| r.version.patch > 0) {
        let before = past.tags.releases.iter().find(|r| {
            (r.version.major, r.version.minor, r.version.patch + 1)
                == (patch.version.major, patch.version.minor, patch.version.patch)
        });
        let Some(before) = before.filter(|b| b.at <= patch.at) else { continue };
        let after = Seconds::between(before.at, patch.at);
        if after <= WEEK {
            let (tag, of) = (short(&patch.tag, 30), short(&before.tag, 30));
            soon.push(Evidence {
                text: format!("{tag} {after} after {of} ({}, {})", before.commit.short(), day(before.at)),
                about: tag,
                commits: vec![before.commit.clone(), patch.commit.clone()],
                at: Some(patch.at),
            });
        }
    }
    if soon.is_empty() {
        return Judgement::clear("no patch within a week of a release");
    }
    let summary = format!("{} of {} came within 7 d of what they patch", soon.len(), last.len());
    Judgement::past(summary).shown_by(soon)
}
