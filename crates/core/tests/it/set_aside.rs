//! What a waiver, an approval and a report must not do: more than was said, by fewer than it takes.

use crate::make::{self, HOUR, MINUTE, Scene, VERSION, check, commit, policy, rc, report};
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::ledger::entry::Body;
use allclear_core::ledger::event::{CheckOutcome, Event, ReportOutcome};
use allclear_core::policy::{NotThese, Policy, RequiredCheck};
use allclear_core::types::gate::Gate;
use allclear_core::{Branch, Verdict};

fn scene(change: impl FnOnce(&mut Policy)) -> Scene {
    let mut policy = policy();
    policy.gates.approvals.not = NotThese::Nobody;
    change(&mut policy);
    Scene::new(policy)
}

trait By {
    fn by(self, who: &str, event: Event) -> Scene;
    fn reported(self, who: &str, rc: u32, outcome: ReportOutcome, id: &str) -> Scene;
    fn verdict(&self, gate: Gate) -> Verdict;
}

impl By for Scene {
    fn by(mut self, who: &str, event: Event) -> Scene {
        self.tell(MINUTE, vec![event]);
        if let Some(Body::Entry(entry)) = self.links.last_mut().map(|link| &mut link.body) {
            entry.by.who = who.into();
        }
        self
    }

    fn reported(self, who: &str, rc: u32, outcome: ReportOutcome, id: &str) -> Scene {
        self.by("reporter", report(rc, outcome, who, id))
    }

    fn verdict(&self, gate: Gate) -> Verdict {
        self.gate(gate, HOUR).verdict
    }
}

fn waived(gate: &str, subject: Option<&str>) -> Event {
    make::waived(gate, subject, Verdict::Failed, 1)
}

fn approved() -> Event {
    Event::Approved { version: VERSION, commit: commit(2) }
}

#[test]
fn p1_what_takes_two_people_is_not_waived_by_one_beside_something_clear() {
    let fresh = || {
        scene(|p| {
            p.gates.approvals.count = 2;
            p.waivers.second_person = vec!["approvals".into()];
        })
        .by("ada", approved())
    };
    assert_eq!(fresh().verdict(Gate::Approvals), Verdict::Missing);
    let one = fresh().by("mira", waived("approvals", None));
    assert_eq!(one.verdict(Gate::Approvals), Verdict::Missing, "it takes two");
    let two = one.by("ben", waived("approvals", None));
    assert_eq!(two.verdict(Gate::Approvals), Verdict::Waived);
    let other = fresh().by("mira", waived("approvals", Some("x"))).by("ben", waived("approvals", Some("x")));
    assert_eq!(other.verdict(Gate::Approvals), Verdict::Missing, "there is no such subject");
}

#[test]
fn nobody_is_not_two_people() {
    let approvals = scene(|p| p.gates.approvals.count = 2).by("", approved()).by("<>", approved());
    assert_eq!(approvals.verdict(Gate::Approvals), Verdict::Missing);
    let waivers = scene(|p| p.waivers.second_person = vec!["soak".into()])
        .by("", waived("soak", None))
        .by(" <>", waived("soak", None));
    assert_eq!(waivers.verdict(Gate::Soak), Verdict::Pending);
}

#[test]
fn p1_a_waived_bad_report_is_no_good_one() {
    let wanting = |count| scene(move |p| p.gates.reports.min_good = count);
    let bad = |scene: Scene| scene.reported("ada", 1, ReportOutcome::Bad, "aaaaaaaa");
    let waiver = || waived("reports", Some("aaaaaaaa"));
    assert_eq!(bad(wanting(0)).by("mira", waiver()).verdict(Gate::Reports), Verdict::Waived);
    let scene = bad(wanting(1)).by("mira", waiver());
    assert!(!scene.verdict(Gate::Reports).is_clear(), "nobody says that it works");
    let both = scene.by("mira", waived("reports", Some("good")));
    assert_eq!(both.verdict(Gate::Reports), Verdict::Waived);
    // And what is waived for want of good news covers no bad news that comes later.
    let late = bad(wanting(1).by("mira", waived("reports", Some("good"))));
    assert!(!late.verdict(Gate::Reports).is_clear());
}

#[test]
fn p1_of_many_bad_reports_none_is_waived_unseen() {
    let many = (0..60).fold(scene(|_| {}), |scene, n| {
        scene.reported(&format!("user {n}"), 1, ReportOutcome::Bad, &format!("{n:08x}"))
    });
    let waived = |scene: Scene, n: usize| scene.by("mira", waived("reports", Some(&format!("{n:08x}"))));
    let most = (0..59).fold(many, waived);
    assert!(!most.verdict(Gate::Reports).is_clear());
    assert_eq!(waived(most, 59).verdict(Gate::Reports), Verdict::Waived);
}

#[test]
fn p5_a_namesake_takes_nothing_back() {
    let bad = || scene(|_| {}).reported("Ada <ada@example.org>", 1, ReportOutcome::Bad, "aaaaaaaa");
    for (who, clear) in [
        ("Ada <other@example.org>", false),
        ("Ada", false),
        ("ada@example.org", true),
        ("A. Lace <ada@example.org>", true),
    ] {
        let found = bad().reported(who, 1, ReportOutcome::Good, "bbbbbbbb").verdict(Gate::Reports);
        assert_eq!(found.is_clear(), clear, "{who}");
        let again = bad().reported(who, 1, ReportOutcome::Bad, "bbbbbbbb");
        let found = again.reported(who, 1, ReportOutcome::Good, "cccccccc").verdict(Gate::Reports);
        assert_eq!(found.is_clear(), clear, "{who}, who first said the same");
    }
    let alone = scene(|_| {}).reported("Ada", 1, ReportOutcome::Bad, "aaaaaaaa");
    let alone = alone.reported("Ada <ada@example.org>", 1, ReportOutcome::Good, "bbbbbbbb");
    assert!(alone.verdict(Gate::Reports).is_clear(), "a name was all that was known");
}

#[test]
fn p5_good_news_of_an_rc_that_is_not_there_is_none() {
    let scene = scene(|_| {}).reported("ada", 1, ReportOutcome::Bad, "aaaaaaaa");
    let ahead = scene.clone().reported("ada", 99, ReportOutcome::Good, "bbbbbbbb");
    assert!(!ahead.verdict(Gate::Reports).is_clear());
    let real = scene.then(2 * MINUTE, rc(2, 2)).reported("ada", 2, ReportOutcome::Good, "bbbbbbbb");
    assert!(real.verdict(Gate::Reports).is_clear());
}

#[test]
fn p5_a_waiver_sets_aside_what_was_known_and_nothing_worse() {
    let required = |p: &mut Policy| {
        let check = |name: &str| RequiredCheck { name: name.into(), beat: None };
        p.gates.checks.required = vec![check("ci"), check("staging")];
    };
    let waived = |verdict| make::waived("checks", Some("ci"), verdict, 1);
    let missing = || scene(required).then(1, check("staging", true, 2)).by("mira", waived(Verdict::Missing));
    assert_eq!(missing().verdict(Gate::Checks), Verdict::Waived);
    let failed = missing().then(MINUTE, check("ci", false, 2));
    assert_eq!(failed.verdict(Gate::Checks), Verdict::Failed);
    let why = failed.gate(Gate::Checks, HOUR).summary;
    assert!(why.contains("waived by mira when it was missing, and it is worse now"), "{why}");
    for again in ["mira", "ben"] {
        let again = failed.clone().by(again, waived(Verdict::Failed));
        assert_eq!(again.verdict(Gate::Checks), Verdict::Waived);
    }
    // What is better than it was stays set aside.
    let better = scene(required).then(1, check("staging", true, 2)).by("mira", waived(Verdict::Failed));
    assert_eq!(better.verdict(Gate::Checks), Verdict::Waived);
}

#[test]
fn a_second_start_changes_nothing() {
    let start = Event::LedgerStarted {
        project: "evil".into(),
        develop: Some(Branch::parse("evil").unwrap()),
        signers: Vec::new(),
        threshold: None,
    };
    let (before, after) = (scene(|_| {}).project(), scene(|_| {}).then(1, start).project());
    assert_eq!((&after.name, &after.develop), (&before.name, &before.develop));
}

/// Says what a gate is not clear for: its sentence, and what would clear it.
fn left(scene: &Scene, gate: Gate) -> (Verdict, String, Vec<String>) {
    let found = scene.gate(gate, HOUR);
    (found.verdict, found.summary, found.remedy)
}

#[test]
fn what_is_waived_is_neither_in_the_sentence_nor_in_the_remedy() {
    let check = |name: &str| RequiredCheck { name: name.into(), beat: None };
    let checks = || scene(|p| p.gates.checks.required = ["ci", "lint", "staging"].map(check).to_vec());
    let failed = |name: &str| Event::CheckRecorded {
        name: name.into(),
        outcome: CheckOutcome::Failed,
        commit: commit(2),
        url: None,
    };
    let scene = checks().by("ci", failed("ci")).by("ci", failed("lint"));
    let again = |name| format!("allclear check {name} passed --commit {}", commit(2));
    let (verdict, _, remedy) = left(&scene, Gate::Checks);
    assert!(verdict == Verdict::Failed && remedy.len() == 2, "{remedy:?}");
    let scene = scene.by("mira", waived("checks", Some("ci")));
    let (verdict, summary, remedy) = left(&scene, Gate::Checks);
    assert_eq!((verdict, &*summary), (Verdict::Failed, "lint failed for 0000000 (1 waived)"));
    assert!(remedy.len() == 1 && remedy[0].ends_with(&again("lint")), "{remedy:?}");
    let scene = scene.by("mira", waived("checks", Some("lint")));
    let missing =
        (Verdict::Missing, "no result of staging for 0000000 (2 waived)".into(), vec![again("staging")]);
    assert_eq!(left(&scene, Gate::Checks), missing);
    assert_eq!(scene.by("mira", waived("checks", Some("staging"))).verdict(Gate::Checks), Verdict::Waived);
}

#[test]
fn a_waiver_that_does_not_hold_takes_nothing_out_of_the_remedy() {
    let check = |name: &str| RequiredCheck { name: name.into(), beat: None };
    let scene = scene(|p| {
        p.gates.checks.required = ["ci", "staging"].map(check).to_vec();
        p.waivers.second_person = vec!["checks".into()];
    });
    let one = scene.by("mira", waived("checks", Some("ci")));
    let (_, summary, remedy) = left(&one, Gate::Checks);
    assert!(summary.starts_with("no result of ci and staging "), "{summary}");
    assert!(remedy[0].starts_with("allclear check ci "), "{remedy:?}");
}

#[test]
fn of_reports_and_commits_those_are_named_that_are_not_waived() {
    let two = scene(|p| p.gates.reports.min_good = 1)
        .reported("ada", 1, ReportOutcome::Bad, "aaaaaaaa")
        .reported("ben", 1, ReportOutcome::Bad, "bbbbbbbb");
    let scene = two.by("mira", waived("reports", Some("aaaaaaaa")));
    let (_, summary, remedy) = left(&scene, Gate::Reports);
    assert!(summary.starts_with("bbbbbbbb is bad for rc.1"), "{summary}");
    assert!(remedy.len() == 1 && remedy[0].contains("bbbbbbbb"), "{remedy:?}");
    let scene = scene.by("mira", waived("reports", Some("bbbbbbbb")));
    let (verdict, summary, remedy) = left(&scene, Gate::Reports);
    assert_eq!((verdict, &*summary), (Verdict::Missing, "0 of 1 good report for rc.1 (2 waived)"));
    assert!(remedy[0].starts_with("allclear report good"), "{remedy:?}");
    let features = [7, 8].map(|n| ClassedCommit {
        id: commit(n),
        subject: format!("feat: {n}"),
        author: "Ada <ada@example.org>".into(),
        picked: None,
        merge: false,
        class: Class::NotAFix,
        why: "feature".into(),
    });
    let scene = self::scene(|_| {}).seen(|seen| seen.commits = features.to_vec());
    let scene = scene.by("mira", waived("fixes", Some(commit(7).as_str())));
    let (_, summary, remedy) = left(&scene, Gate::Fixes);
    assert_eq!(summary, "0000000 \"feat: 8\" is not a fix (feature) (1 waived)");
    assert!(remedy.len() == 1 && remedy[0].contains(commit(8).as_str()), "{remedy:?}");
}
