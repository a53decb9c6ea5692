//! `contains-stable`: what is released next contains what was released last.

use super::{Case, Finding};
use crate::text::count;

pub(super) fn judge(case: &Case<'_>) -> Finding {
    let stable = &case.policy.branches.stable;
    let branch = &case.candidate.cut.branch;
    match (&case.facts.stable, case.seen.lacks_stable) {
        (None, _) => Finding::failed(
            format!("there is no branch {stable} on the server"),
            vec!["a maintainer".into()],
            vec![format!("push {stable}")],
        ),
        (Some(at), _) if at == case.candidate.commit() => Finding::failed(
            format!("{stable} is at this very commit already, moved by another hand"),
            vec!["a maintainer".into()],
            vec![format!("put {stable} back to the last release, and let allclear promote")],
        ),
        (Some(_), 0) => Finding::passed(format!("contains {stable}")),
        (Some(_), n) => Finding {
            needs_commit: true,
            ..Finding::failed(
                format!("lacks {} of {stable}", count(n, "commit")),
                vec!["a maintainer".into()],
                vec![format!(
                    "merge {stable} into {branch} and push it; merges of {stable} are always allowed"
                )],
            )
        },
    }
}
