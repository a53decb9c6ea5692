//! Lost answers, servers that lie, and what other hands do to a release.

use super::{FIX, freeze_in};
use crate::{released_in_the_end, v};
use allclear_core::Event;
use allclear_engine::FaultKind;
use allclear_testkit::{Flaky, Push, World};

#[test]
fn p2_a_lost_answer_is_found_out_by_reading() {
    for fault in [Push::LoseAnswer, Push::SayFailed, Push::Lose] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = Flaky::new(&a.store).push_is(1, fault);
        let released = a.engine_on(&flaky).promote(None, None).unwrap();
        assert_eq!(released.version, v("1.1.0"));
        assert_eq!(world.released(), [v("1.1.0")]);
        world.check_promises();
    }
}

#[test]
fn p2_no_answer_and_no_server_is_unknown_and_never_guessed() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::LoseAnswer).gone_after_push(1);
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Unknown, "{fault}");
    assert!(!fault.to_string().contains("nothing was changed"), "{fault}");
    released_in_the_end(&world);
}

#[test]
fn p1_a_zombie_push_after_any_entry_is_refused() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    b.engine().hold(None, "not yet", None).unwrap();
    world.until_quiet(&b);
    let before = world.refs();
    let answer = allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap();
    assert!(!answer.ok, "the zombie must not land");
    assert_eq!(world.refs(), before);
    b.engine().lift_hold(None, None).unwrap();
    released_in_the_end(&world);
    let before = world.refs();
    assert!(!allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap().ok);
    assert_eq!(world.refs(), before);
}

#[test]
fn p7_a_rewound_ledger_is_detected_here_and_by_a_fresh_machine() {
    let world = World::soaked();
    let a = world.machine("a");
    world.commit("release-1.1.0", "fix: late", FIX);
    a.engine().rc(None, None, false).unwrap();
    let whole = world.tip("refs/allclear/ledger").unwrap();
    let all = world.ledger();
    // Only the tag of rc.2 names the entry that is cut off.
    world.git(&["update-ref", "refs/allclear/ledger", all[all.len() - 2].0.as_str()]);
    for name in ["a", "fresh"] {
        let fault = world.machine(name).engine().tick(false).unwrap_err();
        assert!(
            fault.kind() == FaultKind::Blocked && fault.what().contains("was rewound"),
            "{name}: {fault}"
        );
    }
    world.git(&["update-ref", "refs/allclear/ledger", whole.as_str()]);
    assert!(world.machine("a").engine().tick(false).is_ok());
    world.check_promises();
}

#[test]
fn p7_a_release_whose_entry_was_cut_off_is_missed_where_it_was_seen() {
    let world = World::soaked();
    let a = world.machine("a");
    a.engine().promote(None, None).unwrap();
    let all = world.ledger();
    world.git(&["update-ref", "refs/allclear/ledger", all[all.len() - 2].0.as_str()]);
    let fault = a.engine().tick(false).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("was rewound"), "{fault}");
}

#[test]
fn p2_what_a_hand_put_back_is_drift_and_stays() {
    for name in ["master", "develop"] {
        let world = World::soaked();
        let old = world.tip(&format!("refs/heads/{name}")).unwrap();
        world.machine("a").engine().promote(None, None).unwrap();
        world.git(&["update-ref", &format!("refs/heads/{name}"), old.as_str()]);
        let before = world.branches_and_tags();
        let b = world.machine("b");
        let (done, _) = world.until_quiet(&b);
        assert!(done.is_empty(), "{done:?}");
        assert_eq!(world.branches_and_tags(), before);
        assert!(!b.engine().observe().unwrap().facts.drift.is_empty());
    }
}

#[test]
fn p2_a_server_that_says_ok_and_does_nothing_is_not_believed() {
    for lies in [&[1][..], &[1, 2]] {
        let world = World::soaked();
        let a = world.machine("a");
        let flaky = lies.iter().fold(Flaky::new(&a.store), |f, &n| f.push_is(n, Push::Lie));
        match a.engine_on(&flaky).promote(None, None) {
            Ok(released) => {
                assert_eq!((released.version, world.released()), (v("1.1.0"), vec![v("1.1.0")]), "{lies:?}");
            }
            Err(fault) => {
                assert_eq!(
                    (fault.kind(), world.released()),
                    (FaultKind::Unknown, vec![]),
                    "{lies:?}: {fault}"
                );
            }
        }
        released_in_the_end(&world);
    }
}

#[test]
fn p7_a_record_that_the_server_only_says_it_took_is_not_believed() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lie);
    a.engine_on(&flaky).hold(None, "not yet", None).unwrap();
    assert!(world.events().iter().any(|e| matches!(e, Event::Held { .. })));
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lie).push_is(2, Push::Lie);
    a.engine_on(&flaky).lift_hold(None, None).unwrap_err();
}

#[test]
fn p1_what_turned_by_time_alone_ends_a_push_that_is_still_on_its_way() {
    let world = World::soaked();
    freeze_in(&world, 300);
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).gone_after_push(1);
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    world.minutes(10);
    world.until_quiet(&world.machine("b"));
    let turned = world.events().iter().filter(|e| matches!(e, Event::Turned { .. })).count();
    assert_eq!(turned, 1, "once");
    assert!(!allclear_core::port::Push::push(&a.store, &flaky.asked(1)).unwrap().ok);
    assert!(world.released().is_empty());
    world.check_promises();
}

#[test]
fn p1_what_was_judged_long_ago_is_not_sent_again() {
    let world = World::soaked();
    freeze_in(&world, 240);
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store).push_is(1, Push::Lose).after_push(1, || world.minutes(3));
    a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(flaky.pushes(), 1);
    assert!(world.released().is_empty() && !world.has("refs/tags/v1.1.0"));
    world.check_promises();
}

#[test]
fn p2_a_release_that_others_wrote_over_at_once_is_found_however_late_it_is() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let until = allclear_core::Seconds::DAY.after(world.now());
    let rival = || {
        world.minutes(2);
        b.engine().freeze("holidays", until, allclear_core::policy::Stops::Both).unwrap();
    };
    let flaky = Flaky::new(&a.store).after_push(1, rival);
    let released = a.engine_on(&flaky).promote(None, None).unwrap();
    assert!(!released.before && released.version == v("1.1.0"));
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}
