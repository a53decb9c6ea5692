//! Histories of a few commits, and what is found in them.

use super::*;
use allclear_core::port::Refs;
use allclear_core::port::history::{CloneRef, Commit, Commits, Reach};
use allclear_core::types::text::short;
use allclear_core::{CommitId, RefName};
use jiff::Timestamp;
use std::collections::BTreeMap;

const DAY: i64 = 86_400;

fn id(n: u64) -> CommitId {
    CommitId::parse(&format!("{n:040x}")).unwrap()
}

fn time(days: i64) -> Timestamp {
    Timestamp::from_second(1_600_000_000 + days * DAY).unwrap()
}

/// A history being made; a commit's number is its id.
#[derive(Default)]
struct Made {
    commits: Vec<(Commit, Vec<CommitId>)>,
    refs: Vec<CloneRef>,
}

impl Made {
    /// Adds a commit of a day, with an author's second, a tree and a subject.
    fn commit(&mut self, n: u64, parents: &[u64], day: i64, authored: i64, tree: u64, subject: u64) {
        let parents: Vec<CommitId> = parents.iter().map(|p| id(*p)).collect();
        let at = time(day).as_second();
        let commit = Commit { id: id(n), parents: Vec::new(), fan: 0, tree: id(tree), at, authored, subject };
        self.commits.push((commit, parents));
    }

    fn tag(&mut self, name: &str, commit: u64, day: i64) {
        self.refs.push(CloneRef {
            name: RefName::tag(name),
            object: id(commit + 1_000_000),
            peeled: Some(id(commit)),
            at: Some(time(day)),
        });
    }

    fn bare_tag(&mut self, name: &str, commit: u64, day: i64) {
        let name = RefName::tag(name);
        self.refs.push(CloneRef { name, object: id(commit), peeled: None, at: Some(time(day)) });
    }

    fn past(self, stable: u64, develop: Option<u64>) -> Past {
        let tip = |name: &str, n| Tip { name: name.into(), commit: id(n) };
        Past {
            now: time(1000),
            tags: Tags::read(&self.refs),
            stable: Some(tip("master", stable)),
            develop: develop.map(|n| tip("develop", n)),
            commits: Commits::new(self.commits),
            patches: Some(BTreeMap::new()),
            refs: self.refs,
            ..Past::default()
        }
    }
}

fn found(past: &Past, name: &str) -> Finding {
    releases(past).into_iter().find(|f| f.name == name).unwrap()
}

/// `master` got the three commits of develop once more, under other ids.
fn rebased() -> Past {
    let mut made = Made::default();
    made.commit(1, &[], 0, 1, 1, 1);
    for n in 0..3 {
        let (n, before) = (2 + n, if n == 0 { 1 } else { 1 + n });
        made.commit(n, &[before], n as i64, 100 + n as i64, n, n);
        made.commit(n + 10, &[if before == 1 { 1 } else { before + 10 }], 9, 100 + n as i64, n, n);
    }
    made.tag("v1.0.0", 1, 0);
    made.tag("v1.1.0-rc.1", 4, 8);
    made.tag("v1.1.0-rc.2", 4, 8);
    made.tag("v1.1.0", 14, 9);
    made.bare_tag("v1.1.1", 14, 12);
    made.past(14, Some(4))
}

#[test]
fn a_rebased_release_is_told_by_its_patches() {
    let mut past = rebased();
    let wanted = wanted(&past);
    assert_eq!(wanted.patches.len(), 6, "{wanted:?}");
    let same = |n: u64| format!("patch {n}");
    past.patches = Some((2..5).flat_map(|n| [(id(n), same(n)), (id(n + 10), same(n))]).collect());
    let finding = found(&past, "squash or rebase");
    assert_eq!(finding.weight, Weight::Open);
    assert!(
        finding.evidence[0].text.starts_with("v1.1.0: 3 of its 3 commits are on develop under other ids")
    );
    assert_eq!(finding.evidence[0].commits.len(), 6);
    let lacking = found(&past, "merge-back");
    assert_eq!(
        (lacking.weight, lacking.summary.as_str()),
        (Weight::Open, "develop lacks 3 commits of master")
    );
    // Commits of the same second with other patches are not copies.
    past.patches = Some((2..20).map(|n| (id(n), same(n))).collect());
    assert_eq!(found(&past, "squash or rebase").weight, Weight::Clear);
    past.patches = None;
    assert_eq!(found(&past, "squash or rebase").weight, Weight::Unknown);
}

#[test]
fn what_seems_to_be_missing_in_a_shallow_clone_is_unknown() {
    let past = Past { shallow: true, ..rebased() };
    assert_eq!(found(&past, "merge-back").weight, Weight::Unknown);
    assert_eq!(found(&past, "merge-back").act, None);
    assert_eq!(
        found(&past, "squash or rebase").weight,
        Weight::Unknown,
        "the doubles may be in what is cut off"
    );
}

#[test]
fn soaks_patches_doubles_and_bare_tags() {
    let past = rebased();
    let soak = found(&past, "soak");
    assert_eq!(soak.weight, Weight::Past);
    assert_eq!(soak.summary, "no rc at all for 2 of 3; the other soaked 1 d");
    let soon = found(&past, "early patches");
    assert!(soon.evidence[0].text.starts_with("v1.1.1 3 d after v1.1.0"), "{soon:?}");
    assert_eq!(found(&past, "duplicate rcs").evidence[0].commits, [id(4)]);
    assert_eq!(found(&past, "lightweight tags").evidence[0].about, "v1.1.1");
}

#[test]
fn a_squashed_release_is_told_by_its_tree() {
    let mut made = Made::default();
    made.commit(1, &[], 0, 1, 1, 1);
    made.commit(2, &[1], 1, 2, 2, 2);
    made.commit(3, &[2], 2, 3, 3, 3);
    // One commit with the tree of commit 3, and none of its history.
    made.commit(9, &[1], 3, 9, 3, 9);
    made.tag("1.0.0", 1, 0);
    made.tag("1.1.0", 9, 3);
    let mut past = made.past(9, Some(3));
    let finding = found(&past, "squash or rebase");
    assert_eq!(finding.weight, Weight::Open);
    assert!(finding.evidence[0].text.contains("is the tree of 0000000 on develop, without its 2 commits"));
    // Develop that merged it since: it happened, and is over.
    let mut commits: Vec<_> = past.commits.all().to_vec();
    let parents = |c: &Commit| c.parents.iter().map(|p| past.commits.at(*p).id.clone()).collect::<Vec<_>>();
    let mut read: Vec<_> = commits.drain(..).map(|c| (c.clone(), parents(&c))).collect();
    let mut merge = read[2].clone();
    (merge.0.id, merge.1) = (id(20), vec![id(3), id(9)]);
    read.push(merge);
    past.commits = Commits::new(read);
    past.develop = Some(Tip { name: "develop".into(), commit: id(20) });
    assert_eq!(found(&past, "squash or rebase").weight, Weight::Past);
    assert_eq!(found(&past, "merge-back").weight, Weight::Clear);
}

#[test]
fn fixes_on_dead_branches() {
    let mut made = Made::default();
    made.commit(1, &[], 0, 1, 1, 1);
    made.commit(2, &[1], 1, 2, 2, 2);
    for (n, (authored, subject)) in [(3, (3, 3)), (4, (4, 4)), (5, (2, 2))] {
        made.commit(n, &[if n == 3 { 1 } else { n - 1 }], 2, authored, n, subject);
    }
    // The same change as 4, under another subject.
    made.commit(6, &[2], 3, 4, 6, 6);
    made.tag("v1.0.0", 1, 0);
    let mut past = made.past(6, None);
    let line = Line::read("release-1.0.0").unwrap();
    past.lines = vec![(Tip { name: "release-1.0.0".into(), commit: id(5) }, line)];
    past.patches = Some([(id(4), "same".into()), (id(6), "same".into())].into());
    assert_eq!(wanted(&past).patches, [id(4), id(6)], "5 is 2, adapted: no patch is needed to see it");
    let finding = found(&past, "unmerged fixes");
    assert_eq!(finding.weight, Weight::Open);
    assert_eq!(finding.evidence[0].commits, [id(3)]);
    // A version that is not released yet is a candidate, and nothing is left on it.
    past.lines[0].1 = Line::read("release-2.0.0").unwrap();
    assert_eq!(found(&past, "unmerged fixes").weight, Weight::Clear);
}

#[test]
fn a_release_branch_tells_when_the_candidate_began() {
    let mut made = Made::default();
    made.commit(1, &[], 0, 1, 1, 1);
    made.commit(2, &[1], 1, 2, 2, 2);
    made.commit(3, &[2], 4, 3, 3, 3); // the first of the release branch
    made.commit(4, &[3], 5, 4, 4, 4);
    made.commit(5, &[1, 4], 6, 5, 4, 5); // stable
    made.commit(6, &[2, 5], 6, 6, 6, 6); // develop
    made.tag("v1.1.0", 5, 6);
    let mut past = made.past(5, Some(6));
    assert_eq!(found(&past, "soak").summary, "no rc at all, 1 of 1 releases");
    past.subjects.insert(id(5), "Merge branch 'release/1.1.0'".into());
    assert_eq!(found(&past, "soak").summary, "1 of 1 soaked less than 7 d: 2 d");
}

#[test]
fn trees_that_say_another_version() {
    let mut made = Made::default();
    made.commit(1, &[], 0, 1, 1, 1);
    made.commit(2, &[1], 1, 2, 2, 2);
    made.tag("v1.0.0", 1, 0);
    made.tag("v1.1.0", 2, 1);
    let mut past = made.past(2, None);
    assert_eq!(found(&past, "version files").weight, Weight::NotApplicable);
    let cargo = |v: &str| {
        BTreeMap::from([("Cargo.toml".to_owned(), format!("[package]\nname = \"x\"\nversion = \"{v}\"\n"))])
    };
    past.files = [(id(1), cargo("1.0.0")), (id(2), cargo("1.0.0"))].into();
    let finding = found(&past, "version files");
    assert_eq!(finding.weight, Weight::Past);
    assert_eq!(finding.evidence.len(), 1);
    assert!(finding.evidence[0].text.ends_with("Cargo.toml says 1.0.0"));
    // A file that never follows the version says nothing of it.
    past.files = [(id(1), cargo("0.0.0")), (id(2), cargo("0.0.0"))].into();
    assert_eq!(found(&past, "version files").weight, Weight::NotApplicable);
}

#[test]
fn moved_tags_and_histories_that_share_nothing() {
    let mut made = Made::default();
    made.commit(1, &[], 0, 1, 1, 1);
    made.commit(2, &[], 0, 1, 1, 1);
    made.tag("v1.0.0", 1, 0);
    let mut past = made.past(1, Some(2));
    assert_eq!(found(&past, "moved tags").weight, Weight::Unknown);
    let name = RefName::tag("v1.0.0");
    past.server = Some(Refs { objects: [(name, id(7))].into(), peeled: BTreeMap::new() });
    assert_eq!(found(&past, "moved tags").evidence[0].commits, [id(1), id(7)]);
    assert!(found(&past, "merge-back").summary.contains("share no commit"));
}

#[test]
fn tags_in_every_form() {
    let read = |names: &[&str]| {
        let mut made = Made::default();
        names.iter().enumerate().for_each(|(n, name)| made.tag(name, n as u64, n as i64));
        Tags::read(&made.refs)
    };
    for (names, form, releases, rcs) in [
        (&["v1.0.0", "v1.1.0-rc.1", "v1.1.0-rc2", "v1.1.0"][..], "vX.Y.Z", 2, 2),
        (&["1.0.0", "2.0.0rc1", "v2.0.0"], "X.Y.Z", 2, 1),
        (&["1.0.0", "1.1.0", "v1.2.0"], "X.Y.Z", 3, 0),
        (&["v8.0.0.rc1", "v8.0.0", "v8.0.0.1", "v8.0.0.beta1"], "vX.Y.Z", 1, 1),
        (&["pkg@1.0.0", "pkg@1.1.0", "other@9.0.0"], "pkg@X.Y.Z", 2, 0),
        (&["release-1.0.0", "release/2.0.0", "release-1.0.1"], "release-X.Y.Z", 2, 0),
        (&["v1.0.0", "plugins/x/v1.18.2", "4v/v1.18.2", "a/1.0.0"], "vX.Y.Z", 1, 0),
        (
            &["nightly", "2020-01-02", "v1", "v1.2", "01.2.3", "v99999999999.0.0", "1.2.3.4", "é1.2.3"],
            "",
            0,
            0,
        ),
    ] {
        let tags = read(names);
        assert_eq!(
            (tags.form.as_str(), tags.releases.len(), tags.rcs.len()),
            (form, releases, rcs),
            "{names:?}"
        );
    }
}

#[test]
fn what_allclear_needs() {
    let whole = || Prerequisites {
        git: "git version 2.39.5 (Apple Git-154)".into(),
        unreachable: None,
        reach: Reach::Open { atomic: true },
        probed: None,
        traps: Vec::new(),
        newest: Some(time(0)),
        ledger: RefName::from_git("refs/allclear/ledger"),
        leftovers: Vec::new(),
        delete: None,
        shallow: false,
        partial: false,
        fetched_from: None,
        behind: 0,
        asked: true,
    };
    let weight = |g: &Prerequisites, name: &str| {
        prerequisites(g, time(0)).into_iter().find(|f| f.name == name).unwrap().weight
    };
    assert!(prerequisites(&whole(), time(0)).iter().all(|f| f.weight != Weight::Open));
    let probed = |works, custom, branch| Some(Probed { at: time(0), works, custom, branch });
    for (name, expected, g) in [
        ("credential", Weight::Unknown, whole()),
        ("credential", Weight::Clear, Prerequisites { probed: probed(true, false, false), ..whole() }),
        ("credential", Weight::Open, Prerequisites { probed: probed(false, true, true), ..whole() }),
        ("ledger", Weight::Past, Prerequisites { probed: probed(true, false, true), ..whole() }),
        (
            "ledger",
            Weight::Clear,
            Prerequisites { probed: probed(true, false, true), ledger: None, ..whole() },
        ),
        ("git", Weight::Open, Prerequisites { git: "git version 2.38.9".into(), ..whole() }),
        ("git", Weight::Unknown, Prerequisites { git: "jgit".into(), ..whole() }),
        ("git", Weight::Clear, Prerequisites { git: "git version 3.0.0".into(), ..whole() }),
        ("clock", Weight::Open, Prerequisites { newest: Some(time(1)), ..whole() }),
        (
            "server",
            Weight::Open,
            Prerequisites { unreachable: Some("gone".into()), reach: Reach::NotAsked, ..whole() },
        ),
        ("server", Weight::Open, Prerequisites { reach: Reach::Open { atomic: false }, ..whole() }),
        ("credential", Weight::Open, Prerequisites { reach: Reach::Closed("no".into()), ..whole() }),
        ("clone", Weight::Unknown, Prerequisites { shallow: true, ..whole() }),
        ("clone", Weight::Unknown, Prerequisites { behind: 3, ..whole() }),
        ("clone", Weight::Unknown, Prerequisites { fetched_from: Some("/mirror.git".into()), ..whole() }),
        ("ledger", Weight::Unknown, Prerequisites { ledger: None, ..whole() }),
    ] {
        assert_eq!(weight(&g, name), expected, "{name}");
    }
}

#[test]
fn names_and_promises_fit_on_the_screen() {
    let past = rebased();
    for finding in releases(&past) {
        assert!(finding.name.len() <= 16, "{}", finding.name);
        assert_eq!(short(finding.allclear, 69), finding.allclear, "{}", finding.name);
    }
}
