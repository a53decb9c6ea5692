//! Rivals, late pushes and decisions that come before the push.

use super::{FIX, freeze_in};
use crate::{released_in_the_end, untouched, v};
use allclear_core::Event;
use allclear_core::ledger::event::CheckOutcome;
use allclear_engine::{FaultKind, Note};
use allclear_testkit::{Flaky, World};
use jiff::ToSpan;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[test]
fn p2_a_rival_wins_and_the_loser_says_so() {
    for version in [Some(v("1.1.0")), None] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let rival = || drop(b.engine().promote(None, None).unwrap());
        let flaky = Flaky::new(&a.store).before_push(1, rival);
        let released = a.engine_on(&flaky).promote(version, None).unwrap();
        assert!(released.before && released.version == v("1.1.0"));
        assert_eq!(world.released(), [v("1.1.0")]);
        world.check_promises();
    }
}

#[test]
fn p1_a_late_fix_before_the_push_stops_it() {
    let world = World::soaked();
    let (a, master) = (world.machine("a"), world.tip("refs/heads/master"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(world.commit("release-1.1.0", "fix: late", FIX)));
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    assert_eq!(world.tip("refs/heads/master"), master);
    assert!(!world.has("refs/tags/v1.1.0"));
    world.until_quiet(&a);
    world.minutes(31);
    world.until_quiet(&a);
    assert!(world.has("refs/tags/v1.1.0-rc.2") && world.released().is_empty());
    world.days(5);
    released_in_the_end(&world);
}

#[test]
fn p3_where_develop_moved_all_is_built_anew() {
    let world = World::soaked();
    let a = world.machine("a");
    let said = std::sync::Mutex::new(Vec::new());
    let hear = |note: &Note| {
        if let Note::Overtaken { by } = note {
            said.lock().unwrap().push(by.clone());
        }
    };
    let flaky = Flaky::new(&a.store)
        .before_push(1, || drop(world.commit("develop", "feat: next", &[("next.txt", "n\n")])));
    let released = a.engine_with(&flaky, &hear).promote(None, None).unwrap();
    assert!(!released.before);
    assert_eq!(flaky.pushes(), 2);
    let said = said.into_inner().unwrap();
    assert!(said.len() == 1 && said[0].starts_with("develop moved from "), "{said:?}");
    world.check_promises();
    assert!(world.git(&["show", "develop:next.txt"]).starts_with('n'));
}

#[test]
fn p6_what_moved_is_named() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let said = std::sync::Mutex::new(Vec::new());
    let hear = |note: &Note| {
        if let Note::Overtaken { by } = note {
            said.lock().unwrap().push(by.clone());
        }
    };
    let hold = || assert_eq!(b.engine().hold(None, "not yet", None).unwrap(), v("1.1.0"));
    let flaky = Flaky::new(&a.store).before_push(1, hold);
    a.engine_with(&flaky, &hear).promote(None, None).unwrap_err();
    let said = said.into_inner().unwrap();
    assert_eq!(said, ["the record moved: hold 1.1.0: not yet"]);
}

#[test]
fn p3_develop_that_never_stands_still_ends_the_attempt_and_nothing_is_left_over() {
    let world = World::soaked();
    let a = world.machine("a");
    let n = AtomicU32::new(0);
    let busy = |note: &Note| {
        if matches!(note, Note::Built) {
            let n = n.fetch_add(1, Relaxed) + 1;
            world.commit("develop", "feat: more", &[("more.txt", &format!("{n}\n"))]);
        }
    };
    let fault = a.engine_with(&a.store, &busy).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    assert!(n.load(Relaxed) > 3 && fault.what().contains("develop moved from"), "{fault}");
    let waits = world.events().iter().filter(|e| matches!(e, Event::RacesLost { .. })).count();
    assert_eq!(waits, 1, "observations are asked to wait once");
    world.check_promises();
    released_in_the_end(&world);
}

#[test]
fn p2_observations_wait_for_a_promotion_that_keeps_losing_and_bad_news_does_not() {
    let world = World::soaked();
    let (a, b) = (world.machine("a"), world.machine("b"));
    let n = AtomicU32::new(0);
    let commit = world.tip("refs/heads/release-1.1.0").unwrap();
    let result = |name: &str, outcome| allclear_engine::CheckResult {
        name: name.into(),
        outcome,
        commit: commit.clone(),
        url: None,
    };
    let busy = |note: &Note| {
        if matches!(note, Note::Built) && n.fetch_add(1, Relaxed) < 3 {
            b.engine().check(vec![result("lint", CheckOutcome::Passed)]).unwrap();
        } else if matches!(note, Note::Built) {
            let fault = b.engine().check(vec![result("lint", CheckOutcome::Passed)]).unwrap_err();
            assert_eq!(fault.kind(), FaultKind::TryLater, "{fault}");
        }
    };
    a.engine_with(&a.store, &busy).promote(None, None).unwrap();
    assert_eq!(n.load(Relaxed), 4);
    b.engine().check(vec![result("lint", CheckOutcome::Failed)]).unwrap();
    assert_eq!(world.released(), [v("1.1.0")]);
    world.check_promises();
}

#[test]
fn p1_a_hold_or_a_freeze_before_the_push_stops_it() {
    for freeze in [false, true] {
        let world = World::soaked();
        let (a, b) = (world.machine("a"), world.machine("b"));
        let before = world.branches_and_tags();
        let until = world.now().checked_add(48.hours()).unwrap();
        let stop = || {
            if freeze {
                b.engine().freeze("no more", until, allclear_core::policy::Stops::Both).unwrap();
            } else {
                b.engine().hold(None, "not yet", None).unwrap();
            }
        };
        let flaky = Flaky::new(&a.store).before_push(1, stop);
        let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
        assert!([FaultKind::Blocked, FaultKind::Waiting].contains(&fault.kind()), "{fault}");
        untouched(&world, &before);
        let (done, _) = world.until_quiet(&b);
        assert!(done.is_empty(), "{done:?}");
        if freeze {
            b.engine().lift_freeze(None).unwrap();
        } else {
            b.engine().lift_hold(None, None).unwrap();
        }
        released_in_the_end(&world);
    }
}

#[test]
fn p2_a_candidate_deleted_before_the_push_is_drift() {
    let world = World::soaked();
    let a = world.machine("a");
    let flaky = Flaky::new(&a.store)
        .before_push(1, || drop(world.git(&["update-ref", "-d", "refs/heads/release-1.1.0"])));
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty() && world.released().is_empty());
    world.git(&["branch", "release-1.1.0", "v1.1.0-rc.1^{commit}"]);
    released_in_the_end(&world);
}

#[test]
fn p8_a_foreign_tag_is_never_moved() {
    let world = World::soaked();
    let a = world.machine("a");
    let rival = || drop(world.git(&["tag", "-a", "-m", "mine", "v1.1.0", "develop"]));
    let flaky = Flaky::new(&a.store).before_push(1, rival);
    let fault = a.engine_on(&flaky).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Conflict, "{fault}");
    world.look();
    let before = world.branches_and_tags();
    let (done, _) = world.until_quiet(&world.machine("b"));
    assert!(done.is_empty(), "{done:?}");
    untouched(&world, &before);
}

#[test]
fn p8_a_lightweight_tag_of_the_release_s_name_blocks() {
    let world = World::soaked();
    world.git(&["tag", "v1.1.0", "release-1.1.0"]);
    let before = world.branches_and_tags();
    let fault = world.machine("a").engine().promote(None, None).unwrap_err();
    assert!(fault.kind() == FaultKind::Blocked && fault.what().contains("version"), "{fault}");
    untouched(&world, &before);
}

#[test]
fn p1_a_freeze_that_begins_while_it_is_built_stops_it() {
    let world = World::soaked();
    freeze_in(&world, 300);
    let a = world.machine("a");
    let slow = |note: &Note| {
        if matches!(note, Note::Built) {
            world.minutes(6);
        }
    };
    let fault = a.engine_with(&a.store, &slow).promote(None, None).unwrap_err();
    assert_eq!(fault.kind(), FaultKind::Waiting, "{fault}");
    assert!(world.released().is_empty() && !world.has("refs/tags/v1.1.0"));
}

#[test]
fn p7_rival_ticks_note_a_new_head_once() {
    let world = World::soaked();
    world.commit("release-1.1.0", "fix: late", FIX);
    let (a, b) = (world.machine("a"), world.machine("b"));
    let flaky = Flaky::new(&a.store).before_push(1, || drop(b.engine().tick(false).unwrap()));
    a.engine_on(&flaky).tick(false).unwrap();
    let seen = world.events().iter().filter(|e| matches!(e, Event::HeadSeen { .. })).count();
    assert_eq!(seen, 1);
}
