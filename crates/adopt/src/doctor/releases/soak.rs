//! How long candidates stood before they became releases.

use super::past::{Past, WEEK};
use crate::doctor::date::day;
use crate::doctor::finding::{Evidence, Judgement, Weight};
use crate::doctor::tags::Release;
use allclear_core::Seconds;
use allclear_core::types::text::short;
use jiff::Timestamp;

/// For how many commits a release branch is followed back to where it began.
const BRANCH: usize = 2_000;

/// How a release's candidate is known to have begun.
struct Start {
    at: Timestamp,
    how: String,
}

pub(super) fn judge(past: &Past) -> Judgement {
    let last = past.tags.last();
    if last.is_empty() {
        return Judgement::not_applicable("no release");
    }
    let starts: Vec<(&Release, Option<Start>)> = last.iter().map(|r| (r, start(past, r))).collect();
    let none = starts.iter().filter(|(_, s)| s.is_none()).count();
    let mut served: Vec<(Seconds, &Release, &Start)> = starts
        .iter()
        .filter_map(|(release, start)| {
            let start = start.as_ref()?;
            Some((Seconds::between(start.at, release.at), *release, start))
        })
        .collect();
    served.sort_by_key(|(length, ..)| *length);
    let brief = served.iter().filter(|(length, ..)| *length < WEEK).count();
    let mut evidence: Vec<Evidence> = served
        .iter()
        .map(|(length, release, start)| Evidence {
            about: short(&release.tag, 40),
            text: format!("{} {length} ({} {})", short(&release.tag, 40), start.how, day(start.at)),
            commits: vec![release.commit.clone()],
            at: Some(start.at),
        })
        .collect();
    let bare = starts.iter().filter(|(_, s)| s.is_none()).map(|(release, _)| Evidence {
        about: short(&release.tag, 40),
        text: format!("{}{}", short(&release.tag, 40), if none < last.len() { " no rc" } else { "" }),
        commits: vec![release.commit.clone()],
        at: Some(release.at),
    });
    evidence.extend(bare);
    let n = last.len();
    let range = match (served.first(), served.last()) {
        (Some((least, ..)), Some((most, ..))) if least == most => format!("{least}"),
        (Some((least, ..)), Some((most, ..))) => format!("{least} to {most}"),
        _ => String::new(),
    };
    let (weight, summary) = match (none, brief) {
        (none, _) if none == n => (Weight::Past, format!("no rc at all, {n} of {n} releases")),
        (0, 0) => (Weight::Clear, format!("every candidate soaked for a week or more: {range}")),
        (0, _) => (Weight::Past, format!("{brief} of {n} soaked less than 7 d: {range}")),
        (_, _) => {
            let others = if served.len() == 1 { "the other" } else { "the others" };
            (Weight::Past, format!("no rc at all for {none} of {n}; {others} soaked {range}"))
        }
    };
    Judgement::new(weight, summary).shown_by(evidence)
}

/// Finds when the candidate of a release began: by its first rc, else by the branch it was merged from.
fn start(past: &Past, release: &Release) -> Option<Start> {
    let rc = past.tags.rcs.iter().find(|rc| rc.version == release.version && rc.at <= release.at);
    if let Some(rc) = rc {
        return Some(Start { at: rc.at, how: format!("{} of", short(&rc.tag, 30)) });
    }
    let commits = &past.commits;
    let at = commits.find(&release.commit)?;
    let version = release.version.to_string();
    let own = past.lines.iter().find(|(_, line)| line.patch.is_some() && line.has(release.version));
    let merged = || {
        // A merge that names the version, or a release at all, brought the release branch.
        let subject = past.subjects.get(&release.commit)?.to_lowercase();
        let commit = commits.at(at);
        (commit.fan == 2
            && commit.parents.len() == 2
            && (subject.contains(&version) || subject.contains("release")))
        .then(|| commit.parents[1])
    };
    let head = own.and_then(|(tip, _)| commits.find(&tip.commit)).or_else(merged)?;
    // What is on the trunk does not belong to the branch.
    let trunk_tip =
        past.develop.as_ref().or(past.stable.as_ref()).and_then(|tip| commits.find(&tip.commit))?;
    let mut trunk = vec![false; commits.all().len()];
    commits.first_parents(trunk_tip).for_each(|n| trunk[n] = true);
    let branch: Vec<usize> = commits.first_parents(head).take(BRANCH).take_while(|n| !trunk[*n]).collect();
    let first = commits.at(*branch.last().filter(|_| branch.len() < BRANCH)?);
    // A branch that runs down to a root was never forked from the trunk.
    let at =
        Timestamp::from_second(first.at).ok().filter(|at| !first.parents.is_empty() && *at <= release.at)?;
    Some(Start { at, how: "its branch's first commit".into() })
}
