//! `merge-back`: the candidate merges into develop. Tried at every look, so that a promotion is not the first try.

use super::case::{Case, Finding, Subject};
use crate::facts::MergeBack;
use crate::types::text::{count, list, plain};
use crate::types::verdict::Verdict;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let mut finding = into_develop(case);
    for (other, trial) in &case.seen.carry {
        finding.summary.push_str(&match trial {
            MergeBack::Clean { .. } | MergeBack::Resolved { .. } => format!("; clean into {other}"),
            MergeBack::Conflict { files } => {
                let files: Vec<String> = files.iter().take(3).map(|f| plain(f)).collect();
                format!("; will conflict with {other} in {}", list(&files))
            }
            MergeBack::Impossible { why } => format!("; cannot be merged into {other}: {}", plain(why)),
        });
    }
    finding
}

fn into_develop(case: &Case<'_>) -> Finding {
    let develop = &case.policy.branches.develop;
    match &case.seen.merge_back {
        MergeBack::Clean { .. } => Finding::passed(format!("clean into {develop}")),
        MergeBack::Resolved { files, .. } => Finding::passed(format!(
            "clean into {develop}; conflicts in {} are resolved by rule",
            list(files)
        )),
        MergeBack::Conflict { files } => {
            let subjects = files
                .iter()
                .map(|f| Subject {
                    name: plain(f),
                    also: None,
                    verdict: Verdict::Failed,
                    detail: format!("differs on {develop} and the candidate"),
                })
                .collect();
            let branch = &case.candidate.cut.branch;
            let named: Vec<String> = files.iter().take(3).map(|f| plain(f)).collect();
            let more = if files.len() > 3 { ", …" } else { "" };
            Finding {
                subjects,
                ..Finding::failed(
                    format!(
                        "{} against {develop}: {}{more}",
                        count(files.len(), "conflicting file"),
                        named.join(", ")
                    ),
                    vec![format!("whoever knows {}", named.first().map_or("the file", String::as_str))],
                    vec![format!("merge {branch} into {develop} yourself, resolve, and push {develop}")],
                )
            }
        }
        MergeBack::Impossible { why } => Finding::failed(plain(why), vec!["a maintainer".into()], Vec::new()),
    }
}
