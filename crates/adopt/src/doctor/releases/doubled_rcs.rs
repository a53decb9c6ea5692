//! Commits with several rc numbers of one version.

use super::past::Past;
use crate::doctor::date::day;
use crate::doctor::finding::{Evidence, Judgement};
use crate::doctor::tags::RcTag;
use allclear_core::types::text::{count, list, short};
use allclear_core::{CommitId, Version};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn judge(past: &Past) -> Judgement {
    if past.tags.rcs.is_empty() {
        return Judgement::not_applicable("no rc tag");
    }
    let last: BTreeSet<Version> = past.tags.last().iter().map(|r| r.version).collect();
    let released: BTreeSet<Version> = past.tags.releases.iter().map(|r| r.version).collect();
    let mut commits: BTreeMap<(Version, &CommitId), Vec<&RcTag>> = BTreeMap::new();
    for rc in past.tags.rcs.iter().filter(|rc| last.contains(&rc.version) || !released.contains(&rc.version))
    {
        commits.entry((rc.version, &rc.commit)).or_default().push(rc);
    }
    let mut doubled: Vec<Evidence> = commits
        .into_iter()
        .filter(|(_, rcs)| rcs.iter().map(|rc| rc.n).collect::<BTreeSet<_>>().len() > 1)
        .map(|((_, commit), rcs)| {
            let tags: Vec<String> = rcs.iter().map(|rc| short(&rc.tag, 30)).collect();
            let at = rcs.iter().map(|rc| rc.at).max();
            Evidence {
                about: tags[0].clone(),
                text: format!(
                    "{} are all {}{}",
                    list(&tags),
                    commit.short(),
                    at.map(|at| format!(", {}", day(at))).unwrap_or_default()
                ),
                commits: vec![commit.clone()],
                at,
            }
        })
        .collect();
    if doubled.is_empty() {
        return Judgement::clear("every rc is a commit of its own");
    }
    doubled.sort_by_key(|e| std::cmp::Reverse(e.at));
    let summary = format!("{} several rc numbers", has(doubled.len()));
    Judgement::past(summary).shown_by(doubled)
}

fn has(n: usize) -> String {
    format!("{} {}", count(n, "commit"), if n == 1 { "has" } else { "have" })
}
