//! A table for each gate.

use crate::make::{
    DAY, HOUR, MINUTE, Scene, VERSION, at, check, commit, held, link, policy, promoted, rc, sight,
};
use allclear_core::decide::assess::State;
use allclear_core::facts::{EntrySight, MergeBack, TagSeen};
use allclear_core::gate::Kind;
use allclear_core::history::fixes::{Class, ClassedCommit};
use allclear_core::ledger::event::Event;
use allclear_core::policy::{AfterFix, Beat, Freeze, Policy, RequiredCheck, Stops, Unclassified};
use allclear_core::types::gate::Gate;
use allclear_core::{Seconds, Verdict, Version};

fn scene() -> Scene {
    Scene::new(policy())
}

fn with(change: impl FnOnce(&mut Policy)) -> Scene {
    let mut policy = policy();
    change(&mut policy);
    Scene::new(policy)
}

#[test]
fn soak_has_two_clocks() {
    let fixed = scene().then(5 * DAY, rc(2, 4)).head(4);
    let strict = with(|p| p.gates.soak.after_fix = AfterFix::Restart).then(5 * DAY, rc(2, 4)).head(4);
    let early = scene().then(DAY, rc(2, 4)).head(4);
    for (scene, now, verdict, ends) in [
        (&scene(), 0, Verdict::Pending, Some(7 * DAY)),
        (&scene(), 7 * DAY - 1, Verdict::Pending, Some(7 * DAY)),
        (&scene(), 7 * DAY, Verdict::Passed, None),
        // The fix's own clock outlasts the whole soak, or it does not.
        (&fixed, 7 * DAY, Verdict::Pending, Some(8 * DAY)),
        (&fixed, 8 * DAY, Verdict::Passed, None),
        (&early, 4 * DAY, Verdict::Pending, Some(7 * DAY)),
        (&early, 7 * DAY, Verdict::Passed, None),
        (&strict, 8 * DAY, Verdict::Pending, Some(12 * DAY)),
        (&strict, 12 * DAY, Verdict::Passed, None),
    ] {
        let found = scene.gate(Gate::Soak, now);
        assert_eq!((found.verdict, found.clears_at), (verdict, ends.map(at)), "{}", found.summary);
    }
}

#[test]
fn a_new_head_never_soaked() {
    let seen = scene().then(8 * DAY, Event::HeadSeen { version: VERSION, commit: commit(4) }).head(4);
    for (scene, turns) in [(&seen, Some(8 * DAY + 30 * MINUTE)), (&scene().head(4), None)] {
        let found = scene.gate(Gate::Soak, 8 * DAY + MINUTE);
        assert_eq!((found.verdict, found.turns_at), (Verdict::Pending, turns.map(at)), "{}", found.summary);
    }
    let late = seen.gate(Gate::Soak, 30 * DAY);
    assert_eq!((late.verdict, late.clears_at), (Verdict::Pending, Some(at(33 * DAY))));
}

fn requiring(beat: Option<(u64, u64)>) -> Scene {
    let beat = beat.map(|(length, every)| Beat { length: Seconds(length), at_least_every: Seconds(every) });
    with(|p| p.gates.checks.required = vec![RequiredCheck { name: "ci".into(), beat }])
}

#[test]
fn checks_count_for_their_commit_alone() {
    for (name, scene, verdict) in [
        ("none required", scene(), Verdict::NotApplicable),
        ("no result", requiring(None), Verdict::Missing),
        ("passed", requiring(None).then(1, check("ci", true, 2)), Verdict::Passed),
        ("failed", requiring(None).then(1, check("ci", false, 2)), Verdict::Failed),
        (
            "failed, then passed",
            requiring(None).then(1, check("ci", false, 2)).then(2, check("ci", true, 2)),
            Verdict::Passed,
        ),
        (
            "passed, then failed",
            requiring(None).then(1, check("ci", true, 2)).then(2, check("ci", false, 2)),
            Verdict::Failed,
        ),
        ("another's name", requiring(None).then(1, check("lint", true, 2)), Verdict::Missing),
        ("another commit", requiring(None).then(1, check("ci", true, 4)), Verdict::Missing),
        ("the head moved on", requiring(None).then(1, check("ci", true, 2)).head(4), Verdict::Missing),
    ] {
        assert_eq!(scene.gate(Gate::Checks, 10).verdict, verdict, "{name}");
    }
}

#[test]
fn a_check_that_must_keep_passing() {
    let beating = |beats: &[(i64, bool)]| {
        beats.iter().fold(requiring(Some((6 * 3600, 3600))), |scene, (at, passed)| {
            scene.then(*at, check("ci", *passed, 2))
        })
    };
    let hourly: Vec<(i64, bool)> = (0..=6).map(|h| (h * HOUR, true)).collect();
    let gap: Vec<(i64, bool)> = hourly.iter().copied().filter(|(at, _)| *at != 3 * HOUR).collect();
    let dip: Vec<(i64, bool)> = hourly.iter().map(|(at, _)| (*at, *at != 3 * HOUR)).collect();
    for (name, beats, now, verdict, clears) in [
        ("all beats", &hourly, 6 * HOUR, Verdict::Passed, None),
        ("a second short", &hourly, 6 * HOUR - 1, Verdict::Pending, Some(6 * HOUR)),
        ("a gap starts the clock again", &gap, 6 * HOUR + 1, Verdict::Pending, Some(10 * HOUR)),
        ("a failure starts it again", &dip, 6 * HOUR + 1, Verdict::Pending, Some(10 * HOUR)),
        ("silence soon", &hourly, 7 * HOUR - 2 * MINUTE, Verdict::Missing, None),
        ("just in time", &hourly, 7 * HOUR - 2 * MINUTE - 1, Verdict::Passed, None),
    ] {
        let found = beating(beats).gate(Gate::Checks, now);
        assert_eq!((found.verdict, found.clears_at), (verdict, clears.map(at)), "{name}: {}", found.summary);
    }
    let last_failed = beating(&[(0, true), (HOUR, false)]);
    assert_eq!(last_failed.gate(Gate::Checks, HOUR + 1).verdict, Verdict::Failed);
}

#[test]
fn freezes_of_the_policy_and_of_people() {
    let planned = |stops| {
        let freeze = Freeze { reason: "holidays".into(), from: at(HOUR), until: at(2 * HOUR), stops };
        with(|p| p.freezes = vec![freeze])
    };
    let by_hand =
        |stops| scene().then(HOUR, Event::Frozen { reason: "incident".into(), until: at(2 * HOUR), stops });
    for (name, scene, now, verdict) in [
        ("long before", planned(Stops::Both), HOUR - 2 * MINUTE - 1, Verdict::Passed),
        ("too close", planned(Stops::Both), HOUR - 2 * MINUTE, Verdict::Pending),
        ("within", planned(Stops::Promotions), HOUR, Verdict::Pending),
        ("its last second", planned(Stops::Both), 2 * HOUR - 1, Verdict::Pending),
        ("over", planned(Stops::Both), 2 * HOUR, Verdict::Passed),
        ("cuts alone", planned(Stops::Cuts), HOUR, Verdict::Passed),
        ("by a person", by_hand(Stops::Both), HOUR, Verdict::Pending),
        ("by a person, over", by_hand(Stops::Both), 2 * HOUR, Verdict::Passed),
        (
            "by a person, lifted",
            by_hand(Stops::Both).then(HOUR + 1, Event::FreezeLifted { reason: None }),
            HOUR + 2,
            Verdict::Passed,
        ),
        ("by a person, cuts alone", by_hand(Stops::Cuts), HOUR, Verdict::Passed),
    ] {
        assert_eq!(scene.gate(Gate::Freeze, now).verdict, verdict, "{name}");
    }
    assert_eq!(planned(Stops::Both).gate(Gate::Freeze, 0).turns_at, Some(at(HOUR - 2 * MINUTE)));
}

#[test]
fn a_hold_lasts_until_it_is_lifted_or_over() {
    let (forever, hour) = (held(None), held(Some(at(HOUR))));
    for (name, scene, now, verdict) in [
        ("none", scene(), 1, Verdict::Passed),
        ("for ever", scene().then(1, forever.clone()), 99 * DAY, Verdict::Failed),
        ("until then", scene().then(1, hour.clone()), HOUR - 1, Verdict::Failed),
        ("over", scene().then(1, hour.clone()), HOUR, Verdict::Passed),
        (
            "lifted",
            scene().then(1, forever.clone()).then(2, Event::HoldLifted { version: VERSION, reason: None }),
            3,
            Verdict::Passed,
        ),
        (
            "a shorter one does not end a longer one",
            scene().then(1, forever.clone()).then(2, hour.clone()),
            HOUR,
            Verdict::Failed,
        ),
        (
            "a longer one prolongs it",
            scene().then(1, hour.clone()).then(2, forever.clone()),
            HOUR,
            Verdict::Failed,
        ),
        (
            "one that is over counts for nothing",
            scene().then(1, held(Some(at(5)))).then(6, hour),
            HOUR,
            Verdict::Passed,
        ),
    ] {
        assert_eq!(scene.gate(Gate::Hold, now).verdict, verdict, "{name}");
    }
}

#[test]
fn an_entry_from_the_future_stops_the_clock() {
    for (name, claimed, now, verdict, kind) in [
        ("behind", 0, HOUR, Verdict::Passed, Kind::Time),
        ("a little ahead", HOUR + 120, HOUR, Verdict::Passed, Kind::Time),
        ("ahead", HOUR + 121, HOUR, Verdict::Errored, Kind::Time),
        ("a day ahead", HOUR + DAY, HOUR, Verdict::Errored, Kind::Time),
        ("years ahead", 900 * DAY, HOUR, Verdict::Errored, Kind::Person),
    ] {
        let found = scene().then(claimed, check("ci", true, 2)).gate(Gate::Clock, now);
        assert_eq!((found.verdict, found.kind), (verdict, kind), "{name}");
    }
    let mut struck = scene().then(900 * DAY, check("ci", true, 2));
    let target = struck.links[1].commit.clone();
    struck.links.push(link(
        2,
        at(HOUR),
        vec![Event::Struck { entry: target, reason: "a wrong clock".into() }],
    ));
    assert_eq!(struck.gate(Gate::Clock, HOUR).verdict, Verdict::Passed);
}

#[test]
fn the_version_and_its_names_drift() {
    for (name, scene, verdict) in [
        ("as recorded", scene(), Verdict::Passed),
        ("its tag is there", scene().seen(|s| s.release_tag = Some(commit(8))), Verdict::Failed),
        ("the rc's tag is gone", scene().seen(|s| s.rc_tag = TagSeen::Gone), Verdict::Failed),
        (
            "the rc's tag moved",
            scene().seen(|s| s.rc_tag = TagSeen::Moved { to: commit(8) }),
            Verdict::Failed,
        ),
        ("the branch is gone", scene().seen(|s| s.head = None), Verdict::Failed),
        ("the branch was rewound", scene().head(7).seen(|s| s.descends = false), Verdict::Failed),
        ("a new commit is no rc yet", scene().head(7), Verdict::Pending),
    ] {
        assert_eq!(scene.gate(Gate::Version, 1).verdict, verdict, "{name}");
    }
    for (released, verdict) in
        [((2, 8, 9), Verdict::Passed), ((2, 9, 1), Verdict::Failed), ((3, 0, 0), Verdict::Failed)]
    {
        let mut scene = scene();
        scene.facts.released.insert(Version::new(released.0, released.1, released.2), commit(5));
        assert_eq!(scene.gate(Gate::Version, 1).verdict, verdict, "{released:?} is released");
    }
}

#[test]
fn merge_back_and_stable() {
    let back = |merge_back| scene().seen(|s| s.merge_back = merge_back).gate(Gate::MergeBack, 1).verdict;
    assert_eq!(back(MergeBack::Clean { tree: commit(9) }), Verdict::Passed);
    assert_eq!(
        back(MergeBack::Resolved { tree: commit(9), files: vec!["Cargo.toml".into()] }),
        Verdict::Passed
    );
    assert_eq!(back(MergeBack::Conflict { files: vec!["a.rs".into()] }), Verdict::Failed);
    assert_eq!(back(MergeBack::Conflict { files: Vec::new() }), Verdict::Failed);
    assert_eq!(back(MergeBack::Impossible { why: "develop is gone".into() }), Verdict::Failed);
    assert_eq!(scene().gate(Gate::ContainsStable, 1).verdict, Verdict::Passed);
    assert_eq!(scene().seen(|s| s.lacks_stable = 2).gate(Gate::ContainsStable, 1).verdict, Verdict::Failed);
    let mut gone = scene();
    gone.facts.stable = None;
    assert_eq!(gone.gate(Gate::ContainsStable, 1).verdict, Verdict::Failed);
}

#[test]
fn only_fixes_ride_along() {
    use Class::{Fix, NotAFix, Unclassified as Silent};
    let aboard = |unclassified, classes: &[Class]| {
        let line = |(n, class): (usize, &Class)| ClassedCommit {
            picked: None,
            merge: false,
            id: commit(n as u64 + 40),
            subject: "something".into(),
            author: "mira".into(),
            class: *class,
            why: "says so".into(),
        };
        let commits = classes.iter().enumerate().map(line).collect();
        with(|p| p.fixes.unclassified = unclassified)
            .seen(|s| s.commits = commits)
            .gate(Gate::Fixes, 1)
            .verdict
    };
    for (classes, strict, lenient) in [
        (&[][..], Verdict::Passed, Verdict::Passed),
        (&[Fix, Fix], Verdict::Passed, Verdict::Passed),
        (&[Fix, Silent], Verdict::Failed, Verdict::Passed),
        (&[Fix, NotAFix], Verdict::Failed, Verdict::Failed),
    ] {
        assert_eq!(aboard(Unclassified::Block, classes), strict, "{classes:?}");
        assert_eq!(aboard(Unclassified::Allow, classes), lenient, "{classes:?}");
    }
}

#[test]
fn a_gate_that_is_not_enforced_only_advises() {
    let scene = with(|p| p.gates.hold.enforce = false).then(1, held(None));
    assert!(scene.is_clear(at(8 * DAY)));
    assert_eq!(scene.gate(Gate::Hold, 8 * DAY).verdict, Verdict::Failed);
}

#[test]
fn a_promotion_in_part_is_blocked_where_its_evidence_is_gone() {
    let scene = scene().then(8 * DAY, promoted(1, 2)).shows(sight(EntrySight::Holds, false));
    assert_eq!(scene.judge(at(8 * DAY)).state, State::Promoting);
    assert_eq!(scene.then(8 * DAY, held(None)).judge(at(8 * DAY)).state, State::Blocked);
}
