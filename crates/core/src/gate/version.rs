//! `version`: the version, the branch and the tags are what the record says. Anything else is drift.

use super::case::{Case, Finding};
use crate::facts::{TagSeen, Unfounded};
use crate::types::cut_kind::CutKind;
use crate::types::text::{name_of, plain};

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let (version, cut) = (case.version, &case.candidate.cut);
    let maintainer = || vec!["a maintainer".to_owned()];
    let rc = case.candidate.rcs.last();
    let rc_tag = rc.map_or_else(|| version.to_string(), |rc| plain(&rc.tag));
    if let Some(why) = &case.seen.unfounded {
        let withdraw = format!("allclear withdraw {version} --yes --reason TEXT");
        let remedy = match why {
            Unfounded::Rewound { branch, commit } => vec![
                format!("end it, and cut again: {withdraw}"),
                format!("or merge {} into {branch}, if it belongs there", commit.short()),
            ],
            Unfounded::Policy(_) => vec![
                format!("allclear policy adopt {version} reads the policy again"),
                format!("or end it: {withdraw}"),
            ],
            Unfounded::Forged(_) => vec![format!("end it: {withdraw}")],
        };
        return Finding::failed(why.why(), maintainer(), remedy);
    }
    if let Some(at) = &case.seen.release_tag {
        let tag = cut.tags.release(version);
        return Finding::failed(
            format!("a tag {tag} exists already, at {}", at.short()),
            maintainer(),
            vec![format!("find out who made {tag}; allclear never moves or deletes a tag")],
        );
    }
    if let Some((highest, _)) =
        case.facts.released.last_key_value().filter(|(highest, _)| **highest > version)
    {
        return Finding::failed(
            format!("{highest} is released already, and {version} is lower"),
            maintainer(),
            vec![format!(
                "allclear withdraw {version} --yes --reason TEXT; then cut one with a higher version"
            )],
        );
    }
    match &case.seen.rc_tag {
        TagSeen::Intact => {}
        TagSeen::Gone if case.seen.head.is_none() => {
            let branch = &cut.branch;
            return Finding::failed(
                format!("neither {branch} nor the tag {rc_tag} is on the server"),
                maintainer(),
                vec![
                    format!("if nobody cut {version}: allclear withdraw {version} --yes --reason TEXT"),
                    "else put both back, from a clone that has them; allclear tick does it on the machine that made them"
                        .into(),
                ],
            );
        }
        TagSeen::Gone => {
            return Finding::failed(
                format!("the tag {rc_tag} is gone from the server"),
                maintainer(),
                vec![format!("push {rc_tag} again, or make a new rc: allclear rc {version}")],
            );
        }
        TagSeen::Moved { to } => {
            return Finding::failed(
                format!("the tag {rc_tag} was moved to {}", to.short()),
                maintainer(),
                vec![format!("put {rc_tag} back; a published tag never moves")],
            );
        }
    }
    match &case.seen.head {
        None => Finding::failed(
            format!("the branch {} is gone from the server", cut.branch),
            maintainer(),
            vec![
                format!(
                    "push it again: git push origin {}:refs/heads/{}",
                    case.candidate.commit(),
                    cut.branch
                ),
                format!("or end it: allclear withdraw {version} --yes --reason TEXT"),
            ],
        ),
        Some(head) if !case.seen.descends => Finding {
            needs_commit: true,
            ..Finding::failed(
                format!("the branch {} was rewound: {} does not contain {rc_tag}", cut.branch, head.short()),
                maintainer(),
                vec![
                    format!(
                        "put it back: git push --force origin {}:refs/heads/{}",
                        case.candidate.commit(),
                        cut.branch
                    ),
                    format!(
                        "or record the new head as the next rc: allclear rc {version} --commit {head} --yes"
                    ),
                ],
            )
        },
        Some(head) if head != case.candidate.commit() => {
            let settles = case.candidate.heads.get(head).map(|seen| case.policy.settle.after(*seen));
            Finding::pending(
                format!("{} is not an rc yet", head.short()),
                settles.filter(|at| *at > case.now),
            )
        }
        // By the commit, not by its content: a half-applied promotion has put that on stable already.
        Some(head) if cut.kind == CutKind::Hotfix && *head == cut.head => Finding {
            needs_commit: true,
            ..Finding::failed(
                format!("{version} has no fix yet: {} is still where it was cut", cut.branch),
                vec![name_of(&case.candidate.by.who)],
                vec![format!("push the fix to {}", cut.branch)],
            )
        },
        Some(_) => Finding::passed(format!("{version} is above all released versions")),
    }
}
