//! What is odd about a server's refs: drift, strangers and traps. Said, never acted on.

use allclear_core::facts::{Stranger, Trap};
use allclear_core::history::graph::Graph;
use allclear_core::policy::Branches;
use allclear_core::port::Refs;
use allclear_core::types::text::plain;
use allclear_core::{CommitId, Project, RefName};
use std::collections::{BTreeMap, BTreeSet};

/// Finds what some other hand did to what was released (promises P1, P3 and P8).
pub(crate) fn drift(
    refs: &Refs,
    project: &Project,
    graph: &Graph,
    long_lived: Option<(&CommitId, &CommitId)>,
    branches: &Branches,
) -> Vec<String> {
    let mut drift: Vec<String> = project
        .releases
        .values()
        .filter_map(|release| match refs.get(&RefName::tag(&release.tag)) {
            Some(object) if *object == release.object => None,
            Some(object) => Some(format!(
                "the tag {} was moved to {}; it was published as {}",
                release.tag,
                object.short(),
                release.object.short()
            )),
            None => Some(format!(
                "the tag {} was deleted; it was published as {}",
                release.tag,
                release.object.short()
            )),
        })
        .take(20)
        .collect();
    let gone = |name: &&String| RefName::from_git(name).is_none_or(|name| refs.get(&name).is_none());
    drift.extend(
        project
            .withdrawn
            .iter()
            .flat_map(|(version, w)| w.archives.iter().filter(gone).map(move |name| (version, name)))
            .map(|(version, name)| {
                format!("{name}, which keeps the withdrawn {version}, is not on the server")
            })
            .take(5),
    );
    let Some((stable, develop)) = long_lived else { return drift };
    let (stable_name, develop_name) = (&branches.stable, &branches.develop);
    if let Some((version, release)) = project.releases.iter().max_by_key(|(_, r)| r.at) {
        if !graph.contains(stable, &release.stable) {
            drift.push(format!(
                "{stable_name} was rewound: it does not contain {version} ({})",
                release.stable.short()
            ));
        } else if *stable != release.stable {
            let n = graph.only(stable, &[&release.stable]).len();
            drift.push(format!(
                "{} on {stable_name} since {version} did not come from allclear",
                allclear_core::types::text::count(n, "commit")
            ));
        }
    }
    let lacking = graph.only(stable, &[develop]).len();
    if lacking > 0 {
        drift.push(format!(
            "{develop_name} lacks {} of {stable_name}; merge {stable_name} into {develop_name}",
            allclear_core::types::text::count(lacking, "commit")
        ));
    }
    drift
}

/// Finds branches that look like candidates and are none.
pub(crate) fn strangers(refs: &Refs, project: &Project, branches: &Branches) -> Vec<Stranger> {
    let prefix = branches.candidate.prefix.as_str();
    let known: BTreeSet<RefName> = project.candidates.values().map(|c| c.cut.branch.to_ref()).collect();
    let folded = |text: &str| -> String {
        text.chars().flat_map(char::to_lowercase).map(|c| if c == 'е' { 'e' } else { c }).collect()
    };
    refs.objects
        .keys()
        .filter(|name| !known.contains(name))
        .filter_map(|name| {
            let branch = name.as_str().strip_prefix("refs/heads/")?;
            let dud = branches.candidate.parse(name).filter(|v| project.withdrawn.contains_key(v));
            if let Some(version) = dud {
                let why = format!(
                    "{version} was withdrawn, and nothing carries this on; keep its commits elsewhere, or allclear withdraw {version} --yes --reason TEXT archives and deletes it"
                );
                return Some(Stranger { name: name.clone(), why });
            }
            let released = project.releases.iter().find(|(_, release)| release.branch.to_ref() == *name);
            if let Some((version, release)) = released {
                if refs.get(name) == Some(&release.commit) {
                    return None;
                }
                let why = format!(
                    "{version} is released, and got commits after the released rc; take what is needed to develop, then delete it"
                );
                return Some(Stranger { name: name.clone(), why });
            }
            let why = if branches.candidate.parse(name).is_some() {
                "looks like a candidate, but allclear did not cut it"
            } else if !prefix.is_empty() && folded(branch).starts_with(&folded(prefix)) {
                "looks like a candidate's branch and is none"
            } else {
                return None;
            };
            Some(Stranger { name: name.clone(), why: why.into() })
        })
        .take(50)
        .collect()
}

/// Finds names that git reads as something else.
pub(crate) fn traps(refs: &Refs, branches: &Branches) -> Vec<Trap> {
    let mut traps = Vec::new();
    let mut add = |name: &RefName, why: String| {
        if traps.len() < 50 {
            traps.push(Trap { name: name.clone(), why });
        }
    };
    let mut folded: BTreeMap<String, &RefName> = BTreeMap::new();
    let mut twins: Vec<(&RefName, &RefName)> = Vec::new();
    for name in refs.objects.keys() {
        let short = name.short();
        if name.as_str().starts_with("refs/tags/refs/") {
            add(
                name,
                format!(
                    "a tag named like the ref {}: plain pushes to that ref are refused as ambiguous",
                    plain(short)
                ),
            );
        }
        if matches!(short.len(), 40 | 64) && short.bytes().all(|b| b.is_ascii_hexdigit()) {
            add(
                name,
                "named like a commit id: git checkout takes the branch, git rev-parse the commit".into(),
            );
        }
        if name.as_str().starts_with("refs/tags/")
            && (short == branches.stable.as_str()
                || short == branches.develop.as_str()
                || branches.candidate.parse(&RefName::tag_as_branch(short)).is_some())
        {
            add(
                name,
                "a tag with the name of a branch: git fetch takes the tag, git clone the branch".into(),
            );
        }
        if let Some(twin) = folded.insert(name.as_str().to_lowercase(), name).filter(|twin| *twin != name) {
            twins.push((name, twin));
        }
    }
    if let Some((name, twin)) = twins.first() {
        let others = if twins.len() > 1 {
            format!(" (and {} more such pairs)", twins.len() - 1)
        } else {
            String::new()
        };
        add(
            name,
            format!(
                "differs from {} in case alone, which some file systems cannot keep{others}",
                plain(twin.short())
            ),
        );
    }
    traps
}
