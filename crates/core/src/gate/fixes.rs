//! `fixes`: only fixes came on board after the cut (promise P4).

use super::case::{Case, Finding, Subject};
use super::waiver;
use crate::history::fixes::{Class, ClassedCommit, is_welcome};
use crate::project::people::Acceptance;
use crate::types::gate::Gate;
use crate::types::text::{count, name_of, short};
use crate::types::verdict::Verdict;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let commits = &case.seen.commits;
    let blocks = |class: Class| !is_welcome(class, &case.policy.fixes);
    let accepted = |c: &ClassedCommit| case.project.acceptance(case.policy, &c.id);
    let offends = |c: &ClassedCommit| blocks(c.class) && accepted(c).is_none();
    let subjects: Vec<Subject> = commits
        .iter()
        .map(|c| Subject {
            name: c.id.to_string(),
            also: None,
            verdict: if offends(c) { Verdict::Failed } else { Verdict::Passed },
            detail: format!(
                "\"{}\" by {}: {}",
                short(&c.subject, 60),
                short(&c.author, 40),
                why(c, accepted(c))
            ),
        })
        .collect();
    let offenders = waiver::open(case, Gate::Fixes, commits.iter().zip(&subjects));
    if offenders.is_empty() {
        let text = match commits.len() {
            0 => "no commits since the cut".to_owned(),
            n => match commits.iter().filter(|c| blocks(c.class)).count() {
                0 => format!("{}, all fixes", count(n, "commit")),
                taken => format!("{}, {taken} accepted", count(n, "commit")),
            },
        };
        return Finding { subjects, ..Finding::passed(text) };
    }
    let first = offenders[0];
    let text = match offenders.len() {
        1 => format!("{} \"{}\" is not a fix ({})", first.id.short(), short(&first.subject, 50), first.why),
        n => format!(
            "{n} of {} are not fixes, first {} \"{}\"",
            count(commits.len(), "commit"),
            first.id.short(),
            short(&first.subject, 40)
        ),
    };
    let mut actors: Vec<String> = offenders.iter().map(|c| name_of(&c.author)).collect();
    actors.sort();
    actors.dedup();
    let remedy = offenders
        .iter()
        .take(5)
        .map(|c| {
            let branch = &case.candidate.cut.branch;
            if c.merge {
                format!(
                    "reset {branch} to before the merge {}, push it, and allclear rc --commit ID --yes",
                    c.id.short()
                )
            } else {
                format!(
                    "git revert {} on {branch} (it can go into the next release), or take responsibility for it: allclear accept {} --reason TEXT",
                    c.id.short(),
                    c.id
                )
            }
        })
        .collect();
    Finding { subjects, needs_commit: true, ..Finding::failed(text, actors, remedy) }
}

fn why(commit: &ClassedCommit, accepted: Option<&Acceptance>) -> String {
    match accepted {
        Some(acceptance) => {
            format!("accepted by {}: {}", acceptance.by.shown(), short(&acceptance.reason, 80))
        }
        None => commit.why.clone(),
    }
}
